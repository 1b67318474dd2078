"""A PostgreSQL database for one run: made, emptied between parts, dropped."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit, urlunsplit

import psycopg
from django.apps import apps
from django.db import connection
from psycopg import sql


class NoServer(Exception):
    """There is no PostgreSQL server to work on; the message says what to do."""


def server_url() -> str:
    """The address of a database on the server to use. Raises NoServer when none is named."""
    url = os.environ.get("DATABASE_URL", "")
    if urlsplit(url).scheme not in ("postgres", "postgresql"):
        raise NoServer(
            "This needs PostgreSQL. Name a database on a server where you may create databases: "
            "DATABASE_URL=postgres://user:password@127.0.0.1:5432/postgres script/faults --short"
        )
    return url


def address_of(url: str) -> tuple[str, int] | str:
    """Where the server of a database listens: host and port, or the path of its Unix socket."""
    parts = urlsplit(url)
    host, port = unquote(parts.hostname or "127.0.0.1"), parts.port or 5432
    return f"{host}/.s.PGSQL.{port}" if host.startswith("/") else (host, port)


def through_port(url: str, port: int) -> str:
    """The same database as it is reached through a port of the loopback address."""
    parts = urlsplit(url)
    people, at, _ = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{people}{at}127.0.0.1:{port}"))


@contextmanager
def own_database(url: str) -> Iterator[str]:
    """Create `faults_<pid>` beside the database of the address; give its address; drop it.

    Raises NoServer when the server cannot be reached or does not let us create databases.
    """
    name = sql.Identifier(f"faults_{os.getpid()}")
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=5) as server:
            server.execute(sql.SQL("CREATE DATABASE {}").format(name))
    except psycopg.Error as error:
        raise NoServer(f"No database could be made on the server: {error}") from error
    try:
        yield urlunsplit(urlsplit(url)._replace(path=f"/faults_{os.getpid()}"))
    finally:
        with psycopg.connect(url, autocommit=True, connect_timeout=5) as server:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def forget_everything() -> None:
    """Empty every table of numbers and people, so that each part starts alone."""
    tables = [
        connection.ops.quote_name(model._meta.db_table)
        for label in ("numbers", "accounts", "sessions")
        for model in apps.get_app_config(label).get_models()
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY CASCADE")

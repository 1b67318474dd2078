"""A PostgreSQL database for one run: made, used, dropped. Nothing else on the server is touched."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql


class NoServer(Exception):
    """There is no PostgreSQL server to measure on; the message says what to do."""


def server_url() -> str:
    """The address of a database on the server to use. Raises NoServer when none is named."""
    url = os.environ.get("BENCH_DATABASE_URL") or os.environ.get("DATABASE_URL", "")
    if urlsplit(url).scheme not in ("postgres", "postgresql"):
        raise NoServer(
            "The benchmarks need PostgreSQL. Name a database on a server where you may create "
            "databases: DATABASE_URL=postgres://user:password@127.0.0.1:5432/postgres script/bench"
        )
    return url


@contextmanager
def own_database(url: str) -> Iterator[str]:
    """Create `bench_<pid>` beside the database of the address; give its address; drop it.

    Raises NoServer when the server cannot be reached or does not let us create databases.
    """
    name = f"bench_{os.getpid()}"
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=5) as server:
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    except psycopg.Error as error:
        raise NoServer(f"No database could be made on the server: {error}") from error
    try:
        yield urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(url, autocommit=True, connect_timeout=5) as server:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

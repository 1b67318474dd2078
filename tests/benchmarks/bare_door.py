"""The floor of the webhook door: the least that can keep a notice, as a plain WSGI function.

One durable INSERT for each POST (autocommit, so it is on the disk before the answer), over a
connection that each thread keeps. No credentials, no checks, no framework.
"""

import os
import threading
from collections.abc import Callable, Iterable
from typing import Any

import psycopg

TABLE = "bench_bare_door"
CREATE = (
    f"CREATE TABLE {TABLE} (id bigserial PRIMARY KEY, "
    "received_at timestamptz NOT NULL DEFAULT now(), body bytea NOT NULL)"
)
_INSERT = f"INSERT INTO {TABLE} (body) VALUES (%s)"  # noqa: S608 - a constant
_kept = threading.local()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Store the body; answer that it is stored."""
    connection = getattr(_kept, "connection", None)
    if connection is None:
        connection = _kept.connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    connection.execute(_INSERT, (body,))
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "7")])
    return [b"stored\n"]

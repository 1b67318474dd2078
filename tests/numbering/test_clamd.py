"""The client of the virus scanner: only a clear answer counts."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from numbering.clamd import ScannerAway, scan
from tests.numbering import scanner


@contextmanager
def answering(answer: bytes, *, slowly: bool = False) -> Iterator[str]:
    """A server that reads everything and gives this answer, one byte a moment if `slowly`."""
    with socket.create_server(("127.0.0.1", 0)) as door:

        def serve() -> None:
            line, _ = door.accept()
            with line:
                read = b""
                while not read.endswith(bytes(4)) and (part := line.recv(65_536)):
                    read = (read + part)[-4:]
                for byte in answer if slowly else (answer,):
                    try:
                        line.sendall(bytes([byte]) if isinstance(byte, int) else byte)
                    except OSError:
                        return
                    time.sleep(0.1 if slowly else 0)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{door.getsockname()[1]}"
        thread.join()


@pytest.mark.skipif(not scanner.CLAMD.exists(), reason="needs Debian's clamav-daemon")
def test_the_real_scanner_finds_the_test_file_and_nothing_else_u23() -> None:
    with scanner.running() as address:
        assert scan(address, b"a letter" * 100_000, seconds=10) == ""
        assert scan(address, b"before " + scanner.EICAR, seconds=10) == "Eicar-Test.UNOFFICIAL"
        assert scan(address, b"", seconds=10) == ""


@pytest.mark.parametrize("answer", [b"stream: OK\0", b"stream: OK\n\0"])
def test_nothing_found_is_said_plainly(answer: bytes) -> None:
    with answering(answer) as address:
        assert scan(address, b"x" * 200_000, seconds=2) == ""


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"stream: OK",
        b"INSTREAM size limit exceeded. ERROR\0",
        b"stream: FOUND\0",
        b"stream: OK\0stream: Eicar FOUND\0",
        b"\xff\xfe\0",
        b"x" * 10_000,
    ],
)
def test_anything_else_is_no_answer(answer: bytes) -> None:
    with answering(answer) as address, pytest.raises(ScannerAway):
        scan(address, b"x", seconds=2)


def test_an_answer_byte_by_byte_does_not_hold_the_page() -> None:
    started = time.monotonic()
    with answering(b"stream: OK\0", slowly=True) as address, pytest.raises(ScannerAway):
        scan(address, b"x", seconds=0.3)
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("address", ["127.0.0.1:1", "/no/such/socket", "nonsense", "host:port"])
def test_a_scanner_that_is_not_there_is_away(address: str) -> None:
    with pytest.raises(ScannerAway):
        scan(address, b"x", seconds=2)

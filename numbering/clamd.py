"""Ask ClamAV's clamd about a file, by its INSTREAM command over TCP or a socket of this machine.

Protocol: clamd(8), "INSTREAM": chunks with their length in four bytes before them, an empty one at
the end, and one line back.
"""

import re
import socket
import time
from contextlib import closing

_CHUNK = 64 * 1024
_ANSWER_LIMIT = 4096
_FOUND = re.compile(r"stream: ([ -~]{1,200}) FOUND")


class ScannerAway(Exception):
    """The scanner gave no clear answer: nothing is known of the file."""


def scan(address: str, content: bytes, *, seconds: float) -> str:
    """Return the name of what the scanner found in the content, or '' when it found nothing.

    `address` is host:port or the path of a socket. Raises ScannerAway for everything but a clear
    answer within so many seconds in all.
    """
    end = time.monotonic() + seconds
    try:
        with closing(_connected(address, seconds)) as line:
            line.sendall(b"zINSTREAM\0")
            for start in range(0, len(content), _CHUNK):
                chunk = content[start : start + _CHUNK]
                line.settimeout(_left(end))
                line.sendall(len(chunk).to_bytes(4, "big") + chunk)
            line.sendall(bytes(4))
            answer = _answer(line, end)
    except (OSError, ValueError) as error:
        raise ScannerAway(f"The virus scanner cannot be reached: {error}") from error
    if answer == "stream: OK":
        return ""
    if found := _FOUND.fullmatch(answer):
        return found[1]
    raise ScannerAway(f"The virus scanner gave no clear answer: {answer[:200]!r}")


def _connected(address: str, seconds: float) -> socket.socket:
    if address.startswith("/"):
        line = socket.socket(socket.AF_UNIX)
        line.settimeout(seconds)
        try:
            line.connect(address)
        except OSError:
            line.close()
            raise
        return line
    host, _, port = address.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), timeout=seconds)


def _answer(line: socket.socket, end: float) -> str:
    answer = b""
    while not answer.endswith(b"\0") and len(answer) <= _ANSWER_LIMIT:
        line.settimeout(_left(end))
        part = line.recv(_ANSWER_LIMIT)
        if not part:
            break
        answer += part
    if not answer.endswith(b"\0"):
        raise ValueError("its answer was cut off")
    return answer[:-1].decode("ascii", "replace").strip()


def _left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError("it takes too long")
    return left

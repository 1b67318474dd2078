"""Read one LOA file in a process that can do little else; see `numbering.loa_file`.

Started as `python -m numbering.loa_file_reader PDF` with the content on standard input. Answers
one JSON line on standard output, `{"pages": 3, "text": "…"}` or `{"flaw": "locked"}`; the bytes
to keep follow the first.
"""

import json
import sys

from numbering.loa_file import SIZE_LIMIT, Flaw, Flawed, Reading
from numbering.process_limits import limit_process

_MEMORY_LIMIT = 768 * 1024 * 1024
_CPU_SECONDS = 6


def set_limits() -> None:
    """Take away memory, time and the right to write files, for good."""
    limit_process(memory_bytes=_MEMORY_LIMIT, cpu_seconds=_CPU_SECONDS)


def read(kind: str, content: bytes) -> Reading:
    """Read the content as a PDF, JPEG, PNG or TIFF. Raises Flawed."""
    # Loading a library takes longer than reading a file with it, so only the one that is needed.
    if kind == "PDF":
        from numbering.loa_pdf import read_pdf  # noqa: PLC0415

        return read_pdf(content)
    from numbering import loa_picture  # noqa: PLC0415

    readers = {
        "JPEG": loa_picture.read_jpeg,
        "PNG": loa_picture.read_png,
        "TIFF": loa_picture.read_tiff,
    }
    return readers[kind](content)


def main() -> None:
    """Read standard input as the kind of file named on the command line, and answer."""
    set_limits()
    answer: dict[str, int | str]
    kept = b""
    try:
        reading = read(sys.argv[1], sys.stdin.buffer.read())
        if len(reading.kept) > SIZE_LIMIT:
            raise Flawed(Flaw.TOO_MUCH_INSIDE)
        answer = {"pages": reading.pages, "text": reading.text}
        kept = reading.kept
    except Flawed as error:
        answer = {"flaw": error.flaw.value}
    except (MemoryError, RecursionError):
        answer = {"flaw": Flaw.UNSAFE.value}
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + kept)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()

"""Check an uploaded LOA file before anything of it is kept or sent on.

What needs no reading (name, size, type, first bytes) is settled here. The content is read by
`numbering.loa_file_reader` in a process of its own with tight limits: readers of PDF and picture
formats are large, and a file made to break one of them must not take the site along.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

SIZE_LIMIT = 10 * 1024 * 1024
PAGES_LIMIT = 50
PIXELS_LIMIT = 40_000_000
UNPACKED_LIMIT = 64 * 1024 * 1024
OBJECTS_LIMIT = 20_000
WALL_SECONDS = 8.0

_PROJECT = Path(__file__).resolve().parent.parent
_UNDECLARED = frozenset({"", "application/octet-stream"})


class Flaw(StrEnum):
    """What the reader found wrong with the content: the only words it may answer with."""

    DAMAGED = "damaged"
    BAD_END = "bad-end"
    LOCKED = "locked"
    ACTIVE = "active"
    ANIMATED = "animated"
    TOO_MANY_PAGES = "too-many-pages"
    TOO_MANY_PIXELS = "too-many-pixels"
    TOO_MUCH_INSIDE = "too-much-inside"
    UNSAFE = "unsafe"


class Flawed(Exception):
    """Raised while reading, by the part that finds the flaw."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.value)
        self.flaw = flaw


class RefusedLoaFile(ValueError):
    """The file is not taken; the message tells the customer why and what to do."""


@dataclass(frozen=True)
class LoaFileFacts:
    """What is known of a file that passed: MIME type, number of pages, ending without a dot."""

    content_type: str
    pages: int
    extension: str


@dataclass(frozen=True)
class _Kind:
    label: str
    content_type: str
    declared: frozenset[str]
    endings: tuple[str, ...]  # the first one is the usual one
    first_bytes: tuple[bytes, ...]


_KINDS = (
    _Kind("PDF", "application/pdf", frozenset({"application/pdf"}), ("pdf",), (b"%PDF-",)),
    _Kind(
        "JPEG",
        "image/jpeg",
        frozenset({"image/jpeg", "image/jpg"}),
        ("jpg", "jpeg"),
        (b"\xff\xd8\xff",),
    ),
    _Kind("PNG", "image/png", frozenset({"image/png"}), ("png",), (b"\x89PNG\r\n\x1a\n",)),
    _Kind(
        "TIFF",
        "image/tiff",
        frozenset({"image/tiff"}),
        ("tif", "tiff"),
        (b"II*\x00", b"MM\x00*"),
    ),
)

_WORDS = {
    Flaw.DAMAGED: (
        "The file is damaged or incomplete. Open it on your computer, save or scan it again, "
        "and upload the new file."
    ),
    Flaw.BAD_END: (
        "The file does not end where it should: it was cut off, or something was added after "
        "its end. Print it to PDF and upload that."
    ),
    Flaw.LOCKED: (
        "The PDF is protected by a password. Save it without a password and upload it again."
    ),
    Flaw.ACTIVE: (
        "The PDF holds more than pages to read, such as a script, a link, a film or an "
        "attached file. Print it to PDF and upload that."
    ),
    Flaw.ANIMATED: "The picture is animated. Upload a still picture or a PDF.",
    Flaw.TOO_MANY_PAGES: (
        f"The file has more than {PAGES_LIMIT} pages. Upload only the pages of the LOA."
    ),
    Flaw.TOO_MANY_PIXELS: (
        f"The pictures in the file have more than {PIXELS_LIMIT // 1_000_000} megapixels. "
        "Scan the LOA again at 200 or 300 dpi and upload it as PDF."
    ),
    Flaw.TOO_MUCH_INSIDE: (
        "The file holds far more than a few pages need. Print it to PDF, or scan the printed "
        "LOA, and upload that."
    ),
    Flaw.UNSAFE: (
        "The file could not be read safely. Print it to PDF, or scan the printed LOA, and "
        "upload that."
    ),
}


def inspect(*, name: str, declared_type: str, content: bytes) -> LoaFileFacts:
    """Read an uploaded file and return what it is.

    `name` and `declared_type` are what the browser sent. A type of `application/octet-stream`,
    or none, is no statement about the content. Raises RefusedLoaFile, with advice for the
    customer, for everything that is not a whole, unlocked and passive PDF, JPEG, PNG or TIFF
    within the limits, and OSError when no process could be started to read it.
    """
    kind = _kind_named(name)
    if not content:
        raise RefusedLoaFile("The file is empty. Choose the signed LOA and upload it again.")
    if len(content) > SIZE_LIMIT:
        raise RefusedLoaFile(
            f"The file is larger than {SIZE_LIMIT // 1024**2} MiB. Scan the LOA in black and "
            "white or at 200 dpi, and upload it again."
        )
    declared = declared_type.split(";")[0].strip().lower()
    agrees = declared in _UNDECLARED or declared in kind.declared
    if not agrees or not content.startswith(kind.first_bytes):
        raise RefusedLoaFile(
            f"The file's name says {kind.label}, but the file is something else. Open it, save "
            "it as PDF and upload that."
        )
    pages = ask_reader(
        [sys.executable, "-m", "numbering.loa_file_reader", kind.label],
        content,
        wall_seconds=WALL_SECONDS,
    )
    return LoaFileFacts(content_type=kind.content_type, pages=pages, extension=kind.endings[0])


def ask_reader(command: Sequence[str], content: bytes, *, wall_seconds: float) -> int:
    """Give `content` to a reader process and return the number of pages it found.

    The reader answers one JSON line: `{"pages": 3}` or `{"flaw": "locked"}`. It is not trusted:
    silence, a crash, more than `wall_seconds` or any other answer count as unsafe. Raises
    RefusedLoaFile.
    """
    try:
        finished = subprocess.run(  # noqa: S603 - our own module; nothing of the customer's in it
            command,
            input=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=wall_seconds,
            cwd=_PROJECT,
            # No secrets for the reader, and no programs to call.
            env={"PATH": "", "LC_ALL": "C.UTF-8"},
            check=True,
        )
        answer = json.loads(finished.stdout)
    except (subprocess.SubprocessError, ValueError, RecursionError):
        raise RefusedLoaFile(_WORDS[Flaw.UNSAFE]) from None
    match answer:
        case {"pages": int(pages)} if len(answer) == 1 and 1 <= pages <= PAGES_LIMIT:
            return pages
        case {"flaw": str(word)} if len(answer) == 1 and word in list(Flaw):
            raise RefusedLoaFile(_WORDS[Flaw(word)])
    raise RefusedLoaFile(_WORDS[Flaw.UNSAFE])


def _kind_named(name: str) -> _Kind:
    last_part = name.replace("\\", "/").rsplit("/", 1)[-1].strip()
    if last_part in ("", ".", ".."):
        raise RefusedLoaFile("The file is missing. Choose the signed LOA and upload it again.")
    ending = last_part.rpartition(".")[2].lower() if "." in last_part else ""
    for kind in _KINDS:
        if ending in kind.endings:
            return kind
    raise RefusedLoaFile(
        "An LOA must be a PDF, JPEG, PNG or TIFF file, and its name must end in .pdf, .jpg, "
        ".png or .tif. Save it as PDF and upload that."
    )

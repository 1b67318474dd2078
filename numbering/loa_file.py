"""Check an uploaded LOA file before anything of it is kept or sent on.

What needs no reading (name, size, type, first bytes) is settled here. The content is read by
`numbering.loa_file_reader` in a process of its own with tight limits: readers of PDF and picture
formats are large, and a file made to break one of them must not take the site along.

What is kept is not always what came. The choices:

- Pictures are drawn anew from their pixels, the right way up, packed as they were. Place and time
  of a photo, notes, and whatever stands after the end of the picture do not come along; phones
  write such things, so they are no reason to refuse. A picture that is not whole is refused.
- A PDF with links to web pages is kept as a copy without the links. (A digital signature in it no
  longer verifies then; for an LOA the visible pages count, and the hash of what came is kept.)
- A PDF with a script, an action, an attached file, a film or an XFA form is refused: what such a
  file shows can depend on them. So is one with anything after its end, and one in which readers
  would have to repair something, half a file among them.
- A locked PDF is refused whichever password it has. One that opens but may not be changed is
  locked as well: not every desk that the LOA goes to can open it.
- An animated PNG is refused.
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
TEXT_LIMIT = 400_000
WALL_SECONDS = 8.0
_PNG_LIMIT = 16 * 1024 * 1024
_PNG_START = b"\x89PNG\r\n\x1a\n"

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


class CannotDraw(Exception):
    """A page could not be shown as a picture; the file itself is not in doubt by that."""


@dataclass(frozen=True)
class Reading:
    """What the reader found: number of pages, the bytes to keep, and text that it could read."""

    pages: int
    kept: bytes
    text: str = ""


@dataclass(frozen=True)
class LoaFileFacts:
    """What is known of a file that passed: its MIME type and what the reader found."""

    content_type: str
    reading: Reading


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
        "The PDF holds more than pages to read, such as a script, a film or an attached file. "
        "Print it to PDF and upload that."
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
    reading = ask_reader(
        [sys.executable, "-m", "numbering.loa_file_reader", kind.label],
        content,
        wall_seconds=WALL_SECONDS,
    )
    if not reading.kept.startswith(kind.first_bytes):
        raise RefusedLoaFile(_WORDS[Flaw.UNSAFE])
    return LoaFileFacts(content_type=kind.content_type, reading=reading)


def ask_reader(command: Sequence[str], content: bytes, *, wall_seconds: float) -> Reading:
    """Give `content` to a reader process and return what it found.

    The reader answers one JSON line, `{"pages": 3, "text": ""}` and after it the bytes to keep, or
    `{"flaw": "locked"}`. It is not trusted: silence, a crash, more than `wall_seconds` or any
    other answer count as unsafe. Raises RefusedLoaFile.
    """
    try:
        line, _, kept = _limited(command, content, wall_seconds=wall_seconds).partition(b"\n")
        answer = json.loads(line)
    except (subprocess.SubprocessError, ValueError, RecursionError):
        raise RefusedLoaFile(_WORDS[Flaw.UNSAFE]) from None
    match answer:
        case {"pages": int(pages), "text": str(text)} if (
            len(answer) == 2 and 1 <= pages <= PAGES_LIMIT and 0 < len(kept) <= SIZE_LIMIT
        ):
            return Reading(pages=pages, kept=kept, text=text[:TEXT_LIMIT])
        case {"flaw": str(word)} if len(answer) == 1 and not kept and word in list(Flaw):
            raise RefusedLoaFile(_WORDS[Flaw(word)])
    raise RefusedLoaFile(_WORDS[Flaw.UNSAFE])


def draw_page(content: bytes, content_type: str, page: int) -> bytes:
    """Return a page of a checked file as a PNG, drawn in a limited process. Raises CannotDraw."""
    command = [sys.executable, "-m", "numbering.loa_preview", content_type, str(page)]
    try:
        picture = _limited(command, content, wall_seconds=WALL_SECONDS)
    except subprocess.SubprocessError:
        raise CannotDraw from None
    if not picture.startswith(_PNG_START) or len(picture) > _PNG_LIMIT:
        raise CannotDraw
    return picture


def _limited(command: Sequence[str], content: bytes, *, wall_seconds: float) -> bytes:
    """Run one of our reader modules and return what it writes. Raises SubprocessError."""
    return subprocess.run(  # noqa: S603 - our own module; nothing of the customer's in it
        command,
        input=content,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=wall_seconds,
        cwd=_PROJECT,
        # No secrets for the reader, and no programs to call.
        env={"PATH": "", "LC_ALL": "C.UTF-8"},
        check=True,
    ).stdout


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

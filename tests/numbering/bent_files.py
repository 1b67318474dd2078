"""Bend good LOA files at random and have each read in a limited process of its own.

`python -m tests.numbering.bent_files 10000` takes some minutes and counts how each of them ended:
whole, refused, or unsafe (the process died or met a limit, which counts as refused).
"""

from __future__ import annotations

import io
import json
import os
import random
import sys
from collections import Counter

from PIL import Image
from pypdf import PdfWriter
from reportlab.pdfgen.canvas import Canvas

from numbering.loa_file import PAGES_LIMIT, Flawed
from numbering.loa_file_reader import read, set_limits


def good_files() -> list[tuple[str, bytes]]:
    """Make a few files of each kind, with and without text, plain and packed."""
    text = io.BytesIO()
    canvas = Canvas(text)
    canvas.drawString(72, 700, "Letter of Authorization (303) 228-1000")
    canvas.linkURL("http://example.test", (0, 0, 9, 9))
    canvas.showPage()
    canvas.save()
    small = PdfWriter(clone_from=io.BytesIO(text.getvalue()))
    packed = io.BytesIO()
    small.compress_identical_objects()
    small.write(packed)
    files = [("PDF", text.getvalue()), ("PDF", packed.getvalue())]
    photo = Image.effect_noise((60, 80), 50).convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = 6
    for form in ("JPEG", "PNG", "TIFF"):
        out = io.BytesIO()
        photo.save(out, form, exif=exif)
        files.append((form, out.getvalue()))
    fax = io.BytesIO()
    photo.convert("1").save(
        fax, "TIFF", compression="group4", save_all=True, append_images=[photo.convert("1")]
    )
    return [*files, ("TIFF", fax.getvalue())]


def bend(content: bytes, dice: random.Random) -> bytes:
    """Change a few bytes, or cut out, double or swap a piece."""
    bent = bytearray(content)
    for _ in range(dice.randint(1, 6)):
        at = dice.randrange(len(bent))
        length = dice.randint(1, 40)
        match dice.randrange(5):
            case 0:
                del bent[at : at + length]
            case 1:
                bent[at:at] = bent[at : at + length]
            case 2:
                bent[at : at + length] = dice.randbytes(length)
            case _:
                bent[at] = dice.randrange(256)
        if not bent:
            return b"x"
    return bytes(bent)


def outcome(kind: str, content: bytes) -> str:
    """Read the file in a child process with the reader's limits; say how it ended."""
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        try:
            set_limits()
            reading = read(kind, content)
            os._exit(0 if 1 <= reading.pages <= PAGES_LIMIT and reading.kept else 3)
        except Flawed:
            os._exit(1)
        except (MemoryError, RecursionError):
            os._exit(2)
        finally:
            os._exit(4)
    _, status = os.waitpid(child, 0)
    ended = os.waitstatus_to_exitcode(status)
    if ended < 0 or ended == 2:
        return "unsafe"
    return {0: "whole", 1: "refused"}.get(ended, "wrong")


def bend_many(count: int, seed: int) -> dict[str, int]:
    """Bend and read so many files; return how many ended how."""
    dice = random.Random(seed)
    files = good_files()
    for kind, content in files:
        read(kind, content)  # loads what reading needs, and they are good
    ends: Counter[str] = Counter()
    for _ in range(count):
        kind, content = dice.choice(files)
        ends[outcome(kind, bend(content, dice))] += 1
    return dict(ends)


if __name__ == "__main__":
    ends = bend_many(int(sys.argv[1]), int(sys.argv[2]) if sys.argv[2:] else 3)
    sys.stdout.write(json.dumps(ends) + "\n")

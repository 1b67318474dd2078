"""Read a picture in the limited process and draw it anew; see `numbering.loa_file`.

Only the pixels go into the kept copy. What else a file can hold (place and time of a photo, notes,
a second picture, anything after its end) stays behind.
"""

import io
import re
from collections.abc import Iterator
from typing import Any

from PIL import Image, ImageOps
from PIL.JpegImagePlugin import JpegImageFile, get_sampling

from numbering.loa_file import PAGES_LIMIT, PIXELS_LIMIT, Flaw, Flawed, Reading

# Pillow's own limit is higher, and only warns at first.
Image.MAX_IMAGE_PIXELS = None

_JPEG_MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])")
_JPEG_SCAN, _JPEG_END = 0xDA, 0xD9
# Where Exif says which way is up, and what it says of a picture that lies on its side.
_ORIENTATION, _TURNED = 0x0112, {5, 6, 7, 8}
_SHOWN_BY = ("compression", "dpi", "transparency")


def read_jpeg(content: bytes) -> Reading:
    """Read a JPEG that has its end; what phones write after it is left out. Raises Flawed."""
    try:
        # Not by Image.open: that follows the list of further pictures in a photo of a phone.
        with JpegImageFile(io.BytesIO(content[: _end_of_jpeg(content)])) as picture:
            _count_pixels([picture])
            picture.load()
            # The same tables again, so that nothing more is lost.
            tables, sampling = picture.quantization, get_sampling(picture)
            upright = _bare(picture)
    except (Flawed, MemoryError, RecursionError):
        raise
    except Exception as error:  # a broken file makes Pillow raise nearly anything
        raise Flawed(Flaw.DAMAGED) from error
    out = io.BytesIO()
    upright.save(out, "JPEG", qtables=tables, subsampling=sampling, **_density(upright))
    return Reading(pages=1, kept=out.getvalue())


def _end_of_jpeg(content: bytes) -> int:
    """Return where the JPEG ends, going from marker to marker (ITU-T T.81, annex B)."""
    at = 2
    while marker := _JPEG_MARKER.match(content, at):
        kind = marker[1][0]
        at = marker.end()
        if kind == _JPEG_END:
            return at
        at += int.from_bytes(content[at : at + 2], "big")
        if kind == _JPEG_SCAN:
            following = _JPEG_MARKER.search(content, at)
            at = following.start() if following else len(content)
    raise Flawed(Flaw.DAMAGED)


def read_png(content: bytes) -> Reading:
    """Read a whole, still PNG. Raises Flawed."""
    at = 8
    kind = b""
    while kind != b"IEND":
        kind = content[at + 4 : at + 8]
        if len(kind) < 4:
            raise Flawed(Flaw.DAMAGED)
        if kind == b"acTL":
            raise Flawed(Flaw.ANIMATED)
        at += 12 + int.from_bytes(content[at : at + 4], "big")
    [picture] = _frames(content[:at], "PNG")
    out = io.BytesIO()
    picture.save(out, "PNG", **_density(picture))
    return Reading(pages=1, kept=out.getvalue())


def read_tiff(content: bytes) -> Reading:
    """Read a TIFF whose pages are all whole. Raises Flawed."""
    frames = _frames(content, "TIFF")
    if all(frame.mode == "1" for frame in frames):
        packing = "group4"
    elif any(frame.info.get("compression") == "jpeg" for frame in frames):
        packing = "jpeg"
        frames = [frame if frame.mode == "L" else frame.convert("RGB") for frame in frames]
    else:
        packing = "tiff_adobe_deflate"
    first, *others = frames
    out = io.BytesIO()
    first.save(
        out, "TIFF", save_all=True, append_images=others, compression=packing, **_density(first)
    )
    return Reading(pages=len(frames), kept=out.getvalue())


def _frames(content: bytes, form: str) -> list[Image.Image]:
    """Decode every frame, once all of them together are known to be within the limits."""
    try:
        with Image.open(io.BytesIO(content), formats=[form]) as picture:
            _count_pixels(_each(picture))
            picture.seek(0)
            picture.verify()
        with Image.open(io.BytesIO(content), formats=[form]) as picture:
            return [_bare(frame) for frame in _each(picture)]
    except (Flawed, MemoryError, RecursionError):
        raise
    except Exception as error:  # a broken file makes Pillow raise nearly anything
        raise Flawed(Flaw.DAMAGED) from error


def _each(picture: Image.Image) -> Iterator[Image.Image]:
    frame = 0
    while True:
        try:
            picture.seek(frame)
        except EOFError:
            return
        yield picture
        frame += 1


def _count_pixels(frames: Iterator[Image.Image] | list[JpegImageFile]) -> None:
    pixels = 0
    for count, frame in enumerate(frames, start=1):
        pixels += frame.width * frame.height
        if count > PAGES_LIMIT:
            raise Flawed(Flaw.TOO_MANY_PAGES)
        if pixels > PIXELS_LIMIT:
            raise Flawed(Flaw.TOO_MANY_PIXELS)


def _bare(picture: Image.Image) -> Image.Image:
    """Return the pixels the right way up, with nothing else but how to show and print them."""
    kept: dict[str | tuple[int, int], Any] = {
        key: picture.info[key] for key in _SHOWN_BY if key in picture.info
    }
    try:
        turned = picture.getexif().get(_ORIENTATION) in _TURNED
        picture.load()  # a TIFF turns itself then, and forgets that it had to
        upright = ImageOps.exif_transpose(picture)
    except (OSError, MemoryError):
        raise
    except Exception:  # the note that says which way is up is broken, not the picture
        turned, upright = False, picture
    bare = upright.copy()
    if turned and "dpi" in kept:
        kept["dpi"] = tuple(reversed(kept["dpi"]))
    bare.info = kept
    return bare


def _density(picture: Image.Image) -> dict[str, tuple[float, float]]:
    """Return the dots per inch, where they make sense: faxes have more of them across than down."""
    dpi = picture.info.get("dpi")
    if isinstance(dpi, tuple) and len(dpi) == 2 and all(1 <= float(part) <= 5000 for part in dpi):
        return {"dpi": (float(dpi[0]), float(dpi[1]))}
    return {}

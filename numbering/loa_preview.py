"""Draw one page of a checked LOA file as a PNG, in a limited process; see `numbering.loa_file`.

Started as `python -m numbering.loa_preview application/pdf 3` with the content on standard input.
Answers with the picture on standard output, or with nothing when it cannot be drawn.
"""

import io
import sys
from contextlib import closing

import pypdfium2
from PIL import Image

from numbering.loa_file_reader import set_limits

_WIDTH, _HEIGHT = 900, 2400


def draw(content_type: str, page: int, content: bytes) -> bytes:
    """Return the page (the first is 1) as a PNG within the bounds."""
    if content_type == "application/pdf":
        picture = _page_of_pdf(content, page)
    else:
        with Image.open(io.BytesIO(content), formats=["JPEG", "PNG", "TIFF"]) as opened:
            opened.seek(page - 1)
            picture = _on_white(opened)
    picture.thumbnail((_WIDTH, _HEIGHT))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def _page_of_pdf(content: bytes, number: int) -> Image.Image:
    with closing(pypdfium2.PdfDocument(content)) as document:
        document.init_forms()  # what was typed into a form belongs to the letter
        page = document[number - 1]
        width, height = page.get_size()
        drawn: Image.Image = page.render(scale=min(_WIDTH / width, _HEIGHT / height)).to_pil()
        return drawn


def _on_white(picture: Image.Image) -> Image.Image:
    if not picture.has_transparency_data:
        return picture.convert("L" if picture.mode in ("1", "L") else "RGB")
    layer = picture.convert("RGBA")
    paper = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(paper, layer).convert("RGB")


def main() -> None:
    """Draw the page named on the command line from standard input."""
    set_limits()
    sys.stdout.buffer.write(draw(sys.argv[1], int(sys.argv[2]), sys.stdin.buffer.read()))


if __name__ == "__main__":
    main()

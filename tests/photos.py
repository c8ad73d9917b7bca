"""Photos for tests, good and bad, made on the spot."""

from io import BytesIO
from typing import Any

from PIL import Image


def photo(
    size: tuple[int, int] = (64, 48), kind: str = "JPEG", colour: str = "red", **options: Any
) -> bytes:
    """A picture of one colour in a format that Pillow writes."""
    mode = options.pop("mode", "RGB")
    out = BytesIO()
    Image.new(mode, size, colour).save(out, kind, **options)
    return out.getvalue()


def photo_with_place(orientation: int = 1, size: tuple[int, int] = (64, 48)) -> bytes:
    """A JPEG as a phone writes it: with place, maker, and how it was held."""
    notes = Image.Exif()
    notes[0x0112] = orientation
    notes[0x010F] = "Telepon Rahasia"
    notes.get_ifd(0x8825).update({1: "S", 2: (7.0, 15.0, 0.0), 3: "E", 4: (112.0, 45.0, 0.0)})
    return photo(size, exif=notes, comment=b"komentar rahasia")


def animation() -> bytes:
    """A GIF of two frames: red, then blue."""
    out = BytesIO()
    red, blue = (Image.new("RGB", (32, 32), colour) for colour in ("red", "blue"))
    red.save(out, "GIF", save_all=True, append_images=[blue])
    return out.getvalue()


def pixel_bomb() -> bytes:
    """A PNG of some kilobytes that wants hundreds of megabytes of memory."""
    return photo((12_000, 12_000), "PNG", 0, mode="L", optimize=True)


def scan_bomb() -> bytes:
    """A small JPEG that is walked over again and again: its last scan stands there a hundred times."""
    whole = photo(progressive=True)
    last = whole.rindex(b"\xff\xda")
    return whole[:last] + whole[last:-2] * 100 + whole[-2:]


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"
TEXT = b"Ini bukan foto, hanya bernama begitu."


def polyglot() -> bytes:
    """A JPEG that is a page and an archive as well."""
    return photo(comment=HTML) + HTML + b"PK\x03\x04"


def damaged() -> bytes:
    """A JPEG whose second half got lost on the way."""
    whole = photo((400, 300), quality=95)
    return whole[: len(whole) // 2]

"""Photos from outside, made harmless: what they are is read from their bytes, what leaves is new.

A photo is decoded and encoded again, so that nothing of the file that somebody sent is kept: no
metadata (phones write the place into it), no second format hidden behind the first.
"""

import asyncio
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO, Final, TypeVar

from PIL import Image, ImageOps

from shared.errors import FieldError, Invalid, TooLarge

MAX_BYTES: Final = 10_000_000
# A picture of two cameras (MPO) is found as a JPEG.
FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF")
# Pixels that fit into 350 MB of memory: a baseline JPEG is decoded at a fraction of its size.
MAX_PIXELS: Final = 17_000_000
MAX_PIXELS_BASELINE_JPEG: Final = 64_000_000
# Each scan of a JPEG walks over the whole picture; cameras and programs write a dozen at most.
MAX_SCANS: Final = 50
# Pillow copies what it read of the metadata once more with each of its segments.
MAX_SEGMENTS: Final = 1_000
MAX_SIDE: Final = 2560
THUMBNAIL_SIDE: Final = 240

_JPEG_QUALITY = 85
_WEBP_QUALITY = 82
_THUMBNAIL_QUALITY = 70
# A marker of a JPEG that is no restart and no stuffed byte (ITU T.81, B.1.1).
_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
_JPEG: Final = b"\xff\xd8"
_SCAN, _END, _WITHOUT_LENGTH = 0xDA, 0xD9, (0x01, 0xD8)

Result = TypeVar("Result")


class NotAPhoto(Invalid):
    """This file is not a photo that we can read. JPEG, PNG, WebP and GIF work."""

    def __init__(self) -> None:
        super().__init__(FieldError("/file", self.title(), "not_a_photo"))


class PhotoTooLarge(TooLarge):
    """This photo is too large: at most 10 MB, please."""


class PhotoTooDetailed(TooLarge):
    """This photo has too many pixels. Please make it smaller."""


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo as it is kept; `thumbnail` is WebP, at most 240 pixels wide and high."""

    content: bytes
    media_type: str
    width: int
    height: int
    thumbnail: bytes

    @property
    def suffix(self) -> str:
        """What a file name of this type ends with."""
        return {"image/jpeg": ".jpg", "image/webp": ".webp"}[self.media_type]


async def read_photo(file: BinaryIO) -> Photo:
    """The photo in a file; raises `NotAPhoto`, `PhotoTooLarge` or `PhotoTooDetailed`."""
    return await in_image_thread(_photo, file)


async def read_portrait(file: BinaryIO, side: int) -> bytes:
    """The middle of the photo as a square WebP; raises what `read_photo` raises."""
    return await in_image_thread(_portrait, file, side)


# One thread: images wait for each other and not the requests, and memory holds one at a time.
_THREAD = ThreadPoolExecutor(max_workers=1, thread_name_prefix="images")


async def in_image_thread(work: Callable[..., Result], *arguments: object) -> Result:
    """What some work on an uploaded file gives; files are read one at a time too."""
    return await asyncio.get_running_loop().run_in_executor(_THREAD, work, *arguments)


def _photo(file: BinaryIO) -> Photo:
    image = _decoded(_content(file), MAX_SIDE)
    small = image.copy()
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    is_opaque = image.mode == "RGB"
    return Photo(
        content=_jpeg(image) if is_opaque else _webp(image, _WEBP_QUALITY),
        media_type="image/jpeg" if is_opaque else "image/webp",
        width=image.width,
        height=image.height,
        thumbnail=_webp(small, _THUMBNAIL_QUALITY),
    )


def _portrait(file: BinaryIO, side: int) -> bytes:
    image = _decoded(_content(file), 4 * side)
    return _webp(ImageOps.fit(image, (side, side)), _WEBP_QUALITY)


def _content(file: BinaryIO) -> bytes:
    file.seek(0)
    content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise PhotoTooLarge(max_bytes=MAX_BYTES)
    return content


def _decoded(content: bytes, side: int) -> Image.Image:
    """The first picture, upright, RGB or RGBA, at most `side` pixels wide and high."""
    try:
        scans = _scans(content)
        with Image.open(BytesIO(content), formats=FORMATS) as image:
            _check_pixels(image, scans)
            image.draft("RGB", (side, side))
            image.load()
            orientation = _orientation(image)
            return _upright(_plain(image, side), orientation)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise PhotoTooDetailed from None
    except (PhotoTooDetailed, MemoryError):
        raise
    except Exception as error:
        # The parsers raise what they happen to stumble over; all of it says the same.
        raise NotAPhoto from error


def _check_pixels(image: Image.Image, scans: int) -> None:
    is_baseline = scans == 1 and not image.info.get("progressive")
    most = MAX_PIXELS_BASELINE_JPEG if is_baseline else MAX_PIXELS
    if image.width * image.height > most:
        raise PhotoTooDetailed(max_pixels=most)


def _scans(content: bytes) -> int:
    """How many scans a JPEG has; refuses one that would take very long to read or to draw."""
    at = scans = 0
    if not content.startswith(_JPEG):
        return scans
    for _ in range(MAX_SEGMENTS):
        found = _MARKER.search(content, at)
        if found is None or found[0][1] == _END:
            return scans
        at, marker = found.end(), found[0][1]
        scans += marker == _SCAN
        if scans > MAX_SCANS:
            raise PhotoTooDetailed(max_scans=MAX_SCANS)
        if marker not in _WITHOUT_LENGTH:
            at += int.from_bytes(content[at : at + 2])
    raise NotAPhoto


def _plain(image: Image.Image, side: int) -> Image.Image:
    """Small, three colours, and transparency where the picture has it."""
    wanted = "RGBA" if image.has_transparency_data else "RGB"
    if image.mode not in ("RGB", "RGBA"):
        image = image.convert(wanted)
    image.thumbnail((side, side))
    return image.convert(wanted)


def _orientation(image: Image.Image) -> int | None:
    """How the camera was held; a note that cannot be read is not worth the photo."""
    try:
        orientation: int | None = image.getexif().get(0x0112)
    except Exception:
        return None
    return orientation


def _upright(image: Image.Image, orientation: int | None) -> Image.Image:
    """Turned back by as much as the camera was turned (EXIF 2.32, 4.6.4 A)."""
    turn = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }.get(orientation or 1)
    return image.transpose(turn) if turn is not None else image


def _jpeg(image: Image.Image) -> bytes:
    return _encoded(image, "JPEG", quality=_JPEG_QUALITY, optimize=True, progressive=True)


def _webp(image: Image.Image, quality: int) -> bytes:
    return _encoded(image, "WEBP", quality=quality, method=3)


def _encoded(image: Image.Image, name: str, **options: object) -> bytes:
    """Without what the picture carries along: `info` would bring the metadata back."""
    image.info.clear()
    out = BytesIO()
    image.save(out, name, exif=b"", **options)
    return out.getvalue()

"""The demo's photo, drawn: a modem on a wooden table whose lamp for the fibre is red."""

from io import BytesIO
from typing import Final

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

_SIZE: Final = (1280, 960)
_BOX: Final = (190, 300, 1090, 690)
_TABLE, _GRAIN, _WALL = "#8a6546", "#7d5a3d", "#cfc9bd"
_BODY, _EDGE, _PRINT = "#f3f3f0", "#d8d8d2", "#5c625f"
_DARK, _GREEN, _RED = "#c4c9c5", "#2fbf6b", "#f23b2f"
_LAMPS: Final = {"POWER": _GREEN, "PON": _DARK, "LOS": _RED, "LAN": _GREEN, "WLAN": _GREEN}


def modem() -> bytes:
    """The photo as a JPEG."""
    picture = Image.new("RGB", _SIZE, _WALL)
    draw = ImageDraw.Draw(picture)
    _table(draw)
    picture = _shadow(picture)
    _body(ImageDraw.Draw(picture))
    picture = _glow(picture)
    out = BytesIO()
    picture.filter(ImageFilter.GaussianBlur(0.8)).save(out, "JPEG", quality=82)
    return out.getvalue()


def _table(draw: ImageDraw.ImageDraw) -> None:
    width, height = _SIZE
    draw.rectangle((0, 430, width, height), fill=_TABLE)
    for number in range(11):
        top = 450 + number * number * 5 + number * 4
        draw.line((0, top, width, top + 6), fill=_GRAIN, width=3 + number // 3)


def _shadow(picture: Image.Image) -> Image.Image:
    left, _, right, bottom = _BOX
    shade = Image.new("L", _SIZE, 255)
    ImageDraw.Draw(shade).ellipse((left - 60, bottom - 60, right + 90, bottom + 90), fill=95)
    soft = shade.filter(ImageFilter.GaussianBlur(32))
    return ImageChops.multiply(picture, Image.merge("RGB", (soft, soft, soft)))


def _body(draw: ImageDraw.ImageDraw) -> None:
    left, top, right, _ = _BOX
    for antenna in (left + 70, right - 90):
        draw.rounded_rectangle((antenna, 90, antenna + 22, top + 30), 11, fill="#2c302e")
    draw.rounded_rectangle(_BOX, 46, fill=_BODY, outline=_EDGE, width=5)
    for slot in range(9):
        x = left + 300 + slot * 34
        draw.rounded_rectangle((x, top + 50, x + 16, top + 130), 8, fill=_EDGE)
    label = ImageFont.load_default(26)
    for (name, colour), (x, y) in zip(_LAMPS.items(), _places(), strict=True):
        draw.ellipse((x - 17, y - 17, x + 17, y + 17), fill=colour)
        draw.text((x, y + 46), name, _PRINT, label, "mm")


def _glow(picture: Image.Image) -> Image.Image:
    """Light around the lamps that are on, strongest around the red one."""
    light = Image.new("RGB", _SIZE, "black")
    draw = ImageDraw.Draw(light)
    for colour, (x, y) in zip(_LAMPS.values(), _places(), strict=True):
        reach = {_RED: 52, _GREEN: 26, _DARK: 0}[colour]
        draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=colour)
    soft = light.filter(ImageFilter.GaussianBlur(24))
    # On a white body light is seen by the colours that it takes away.
    taken = Image.composite(soft, Image.new("RGB", _SIZE, "white"), soft.convert("L").point(_most))
    return ImageChops.multiply(picture, taken)


def _most(value: int) -> int:
    return min(value * 2, 200)


def _places() -> list[tuple[int, int]]:
    left, _, _, bottom = _BOX
    return [(left + 130 + number * 160, bottom - 140) for number in range(len(_LAMPS))]

"""Photos from outside: what comes in as one leaves as a new one, and everything else is refused."""

from io import BytesIO

import pytest
from PIL import Image

from shared.errors import Invalid
from shared.images import (
    MAX_BYTES,
    MAX_SIDE,
    NotAPhoto,
    Photo,
    PhotoTooDetailed,
    PhotoTooLarge,
    read_portrait,
)
from shared.images import read_photo as read_photo_file
from tests import photos


async def read_photo(content: bytes) -> Photo:
    return await read_photo_file(BytesIO(content))


def opened(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
async def test_every_usual_format_is_read_and_written_anew(kind: str) -> None:
    given = photos.photo(kind=kind)
    made = await read_photo(given)
    assert (made.media_type, made.suffix) == ("image/jpeg", ".jpg")
    assert (made.width, made.height) == (64, 48)
    assert made.content != given
    assert opened(made.content).format == "JPEG"
    assert opened(made.thumbnail).format == "WEBP"


async def test_a_picture_of_two_cameras_is_read_as_one() -> None:
    out = BytesIO()
    left = Image.new("RGB", (64, 48), "red")
    left.save(out, "MPO", save_all=True, append_images=[Image.new("RGB", (64, 48), "blue")])
    made = await read_photo(out.getvalue())
    assert opened(made.content).getpixel((1, 1))[0] > 200  # type: ignore[index]


async def test_transparency_is_kept_and_needs_webp() -> None:
    made = await read_photo(photos.photo(kind="PNG", mode="RGBA", colour="#ff000080"))
    assert made.media_type == "image/webp"
    assert opened(made.content).mode == "RGBA"


async def test_of_an_animation_only_the_first_picture_stays() -> None:
    made = await read_photo(photos.animation())
    picture = opened(made.content)
    assert getattr(picture, "n_frames", 1) == 1
    assert picture.getpixel((5, 5))[0] > 200  # type: ignore[index]


async def test_place_maker_and_comment_do_not_survive() -> None:
    given = photos.photo_with_place()
    assert b"Telepon Rahasia" in given
    made = await read_photo(given)
    for content in (made.content, made.thumbnail):
        assert b"Rahasia" not in content
        assert b"rahasia" not in content
        assert not opened(content).getexif()


@pytest.mark.parametrize("orientation", range(1, 9))
async def test_a_photo_stands_upright_however_the_phone_was_held(orientation: int) -> None:
    made = await read_photo(photos.photo_with_place(orientation))
    assert (made.width, made.height) == ((64, 48) if orientation < 5 else (48, 64))


async def test_a_large_photo_is_made_as_large_as_people_can_use() -> None:
    made = await read_photo(photos.photo((6000, 4000)))
    assert (made.width, made.height) == (MAX_SIDE, 1707)
    assert max(opened(made.thumbnail).size) == 240


async def test_a_small_photo_is_not_made_larger() -> None:
    made = await read_photo(photos.photo((10, 8)))
    assert opened(made.thumbnail).size == (made.width, made.height) == (10, 8)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        photos.TEXT,
        photos.SVG,
        photos.HTML,
        photos.photo(kind="BMP"),
        photos.photo(kind="TIFF"),
        photos.photo(kind="ICO"),
        photos.photo()[:20],
        photos.damaged(),
        photos.photo((400, 300), "PNG")[:200],
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"GIF89a" + bytes(100),
        b"RIFF\x00\x00\x00\x00WEBP" + bytes(100),
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    ],
)
async def test_what_is_no_photo_is_refused_whatever_its_name(content: bytes) -> None:
    with pytest.raises(NotAPhoto) as refused:
        await read_photo(content)
    assert isinstance(refused.value, Invalid)
    assert [(e.pointer, e.code) for e in refused.value.errors] == [("/file", "not_a_photo")]


async def test_of_a_file_that_is_two_things_only_the_picture_is_left() -> None:
    made = await read_photo(photos.polyglot())
    for content in (made.content, made.thumbnail):
        assert b"script" not in content
        assert b"PK\x03\x04" not in content


async def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = photos.pixel_bomb()
    assert len(bomb) < MAX_BYTES
    with pytest.raises(PhotoTooDetailed):
        await read_photo(bomb)


async def test_a_progressive_photo_that_needs_all_its_pixels_at_once_has_a_lower_limit() -> None:
    with pytest.raises(PhotoTooDetailed):
        await read_photo(photos.photo((6000, 3000), progressive=True))


async def test_a_photo_that_is_drawn_over_and_over_is_refused_before_it_is_drawn() -> None:
    assert len(photos.scan_bomb()) < 20_000
    with pytest.raises(PhotoTooDetailed):
        await read_photo(photos.scan_bomb())


async def test_metadata_in_very_many_pieces_is_refused_before_it_is_put_together() -> None:
    whole = photos.photo()
    pieces = b"\xff\xe1\x00\x09Exif\x00\x00x" * 1_000
    with pytest.raises(NotAPhoto):
        await read_photo(whole[:2] + pieces + whole[2:])


async def test_what_only_looks_like_a_scan_is_none() -> None:
    assert (await read_photo(photos.photo(comment=b"\xff\xda" * 100))).width == 64
    assert (await read_photo(photos.photo() + b"\xff\xda" * 100)).width == 64
    assert (await read_photo(photos.photo((400, 300), progressive=True))).width == 400


async def test_more_bytes_than_a_photo_needs_are_not_even_looked_at() -> None:
    with pytest.raises(PhotoTooLarge):
        await read_photo(photos.photo() + bytes(MAX_BYTES))


async def test_a_portrait_is_the_square_in_the_middle() -> None:
    made = opened(await read_portrait(BytesIO(photos.photo((300, 100))), 64))
    assert (made.format, made.size) == ("WEBP", (64, 64))
    with pytest.raises(NotAPhoto):
        await read_portrait(BytesIO(photos.SVG), 64)

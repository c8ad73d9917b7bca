"""Pictures of people: taken over as something new, seen by the right ones, removed when left."""

from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from identity_service.avatars.handlers import left_avatars
from identity_service.main import SERVICE
from identity_service.worker import remove_pictures
from shared.auth import Actor
from shared.files import Files, FilesUnavailable
from shared.images import MAX_BYTES, NotAPhoto
from tests.builders import GATEWAY
from tests.fixtures.environment import process_of
from tests.integration.identity.conftest import ROLES, House, slug, user_id
from tests.photos import SVG, TEXT, animation, damaged, photo, photo_with_place, pixel_bomb


async def put(house: House, content: bytes, actor: Actor, name: str = "saya.jpg") -> httpx.Response:
    """Send a picture of oneself."""
    token = house.api.tokens.token_for(actor, "identity-service")
    headers = {"Authorization": f"Bearer {token}"}
    return await house.api.client.put(
        "/me/avatar", files={"file": (name, content)}, headers=headers
    )


async def picture_of(house: House, role: str, actor: Actor) -> httpx.Response:
    return await house.api.get(f"/users/{user_id(role)}/avatar", actor)


async def rows(house: House) -> int:
    (row,) = await house.fetch("SELECT count(*) AS count FROM avatar")
    return int(row["count"])


@pytest.mark.parametrize(
    "content",
    [photo((640, 200)), photo((50, 90), "PNG"), photo(kind="WEBP"), animation()],
    ids=["jpeg", "png", "webp", "gif"],
)
async def test_a_photo_becomes_a_small_square(house: House, content: bytes) -> None:
    me = house.act("customer")

    answer = await put(house, content, me)

    assert answer.status_code == 200, answer.text
    shown = await picture_of(house, "customer", me)
    assert shown.headers["content-type"] == "image/webp"
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in shown.headers["content-security-policy"]
    assert shown.headers["cache-control"] == "no-store"
    image = Image.open(BytesIO(shown.content))
    assert (image.format, image.size) == ("WEBP", (256, 256))
    seen = (await house.api.get("/me", me)).json()
    assert seen["avatar_id"] == answer.json()["avatar_id"]


async def test_the_session_tells_of_the_picture(house: House) -> None:
    token = await house.token("customer@example.test")
    assert (await house.resolve(token)).json()["user"]["avatar_id"] is None
    answer = await put(house, photo(), house.act("customer"))
    user = (await house.resolve(token)).json()["user"]
    assert user["avatar_id"] == answer.json()["avatar_id"]


async def test_nothing_of_the_camera_is_kept(house: House) -> None:
    me = house.act("customer")
    await put(house, photo_with_place(orientation=6), me)
    shown = (await picture_of(house, "customer", me)).content
    assert b"Rahasia" not in shown
    assert b"rahasia" not in shown
    assert not Image.open(BytesIO(shown)).getexif()


@pytest.mark.parametrize(
    ("content", "status", "problem"),
    [
        (SVG, 422, NotAPhoto.slug()),
        (TEXT, 422, NotAPhoto.slug()),
        (b"", 422, NotAPhoto.slug()),
        (damaged(), 422, NotAPhoto.slug()),
        (pixel_bomb(), 413, "photo-too-detailed"),
        (b"x" * (MAX_BYTES + 1), 413, "photo-too-large"),
        (b"x" * (MAX_BYTES + 100_000), 413, "too-large"),
    ],
    ids=["svg", "text", "empty", "damaged", "bomb", "large", "larger"],
)
async def test_what_is_no_photo_is_refused_and_the_old_picture_stays(
    house: House, content: bytes, status: int, problem: str
) -> None:
    me = house.act("customer")
    before = (await put(house, photo(), me)).json()["avatar_id"]
    answer = await put(house, content, me)
    assert (answer.status_code, slug(answer)) == (status, problem)
    assert (await house.api.get("/me", me)).json()["avatar_id"] == before
    assert await rows(house) == 1


async def test_staff_are_seen_by_all_and_customers_by_themselves_and_staff(house: House) -> None:
    for role in ROLES:
        await put(house, photo(), house.act(role))
    joko = Actor(user_id("joko"), "customer")
    seen = {
        role: (await picture_of(house, role, joko)).status_code
        for role in ("customer", "agent", "technician", "supervisor", "admin")
    }
    assert seen.pop("customer") == 404
    assert set(seen.values()) == {200}
    for role in ROLES:
        assert (await picture_of(house, "customer", house.act(role))).status_code == 200


async def test_a_foreign_picture_looks_like_none(house: House) -> None:
    await put(house, photo(), house.act("customer"))
    joko = Actor(user_id("joko"), "customer")
    foreign = await picture_of(house, "customer", joko)
    none = await house.api.get(f"/users/{user_id('joko')}/avatar", joko)
    unknown = await picture_of(house, "nobody", joko)
    assert foreign.status_code == none.status_code == unknown.status_code == 404
    assert foreign.content == none.content == unknown.content
    assert slug(foreign) == "avatar-not-found"
    link = Actor(user_id("customer"), "link", link=user_id("customer"))
    assert (await picture_of(house, "customer", link)).status_code == 403
    assert (await picture_of(house, "customer", GATEWAY)).status_code == 401


async def test_a_removed_picture_is_seen_no_more(house: House) -> None:
    me = house.act("agent")
    await put(house, photo(), me)
    for _ in range(2):
        assert (await house.api.delete("/me/avatar", actor=me)).status_code == 204
    assert (await picture_of(house, "agent", me)).status_code == 404
    assert (await house.api.get("/me", me)).json()["avatar_id"] is None


async def test_everybody_hears_of_another_picture(house: House) -> None:
    me = house.act("customer")
    first, second = [(await put(house, photo(), me)).json()["avatar_id"] for _ in range(2)]
    await house.api.delete("/me/avatar", actor=me)
    told = await house.events("user.updated")
    assert [event["user"]["avatar_id"] for event in told] == [first, second, None]
    assert told[1]["changes"] == {"avatar_id": [first, second]}


async def test_a_picture_survives_other_changes(house: House) -> None:
    me = house.act("customer")
    avatar = (await put(house, photo(), me)).json()["avatar_id"]
    answer = await house.api.patch("/me", {"name": "Baru"}, me, if_match='"2"')
    assert (answer.status_code, answer.json()["avatar_id"]) == (200, avatar)


async def test_a_picture_is_changed_ten_times_an_hour(house: House) -> None:
    me = house.act("customer")
    answers = [await put(house, photo(), me) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert slug(answers[-1]) == "too-many-tries"
    assert (await put(house, photo(), house.act("agent"))).status_code == 200


async def test_pictures_that_nobody_has_any_more_are_removed(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = house.act("customer")
    for colour in ("red", "green", "blue"):
        await put(house, photo(colour=colour), me)
    files = tmp_path / "files"
    process = process_of(
        SERVICE, house.api.db, house.api.tokens.jwks_file, FILES_URL=files.as_uri()
    )
    await remove_pictures(process)
    assert (len(list(files.rglob("*.webp"))), await rows(house)) == (3, 3)

    await house.execute("UPDATE avatar SET created_at = now() - interval '2 hours'")
    monkeypatch.setattr("identity_service.avatars.handlers._REMOVED_AT_ONCE", 1)
    await remove_pictures(process)

    assert (len(list(files.rglob("*.webp"))), await rows(house)) == (1, 1)
    assert (await picture_of(house, "customer", me)).status_code == 200


async def test_a_store_that_is_away_is_said_and_leaves_nothing_that_is_not_found_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any) -> None:
        raise FilesUnavailable

    monkeypatch.setattr(Files, "put", away)
    answer = await put(house, photo(), house.act("customer"))
    assert (answer.status_code, slug(answer)) == (503, "files-unavailable")
    assert (await house.api.get("/me", house.act("customer"))).json()["avatar_id"] is None
    await house.execute("UPDATE avatar SET created_at = now() - interval '2 hours'")
    async with house.api.db.read() as connection:
        assert len(await left_avatars(connection)) == 1

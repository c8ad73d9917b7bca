"""One's own data: taken as an archive with the password, erased with the password and a clear word."""

import io
import json
import zipfile
from typing import Any

import httpx
import pytest

from shared.errors import Conflict, FieldError, Invalid, NotFound, Unavailable
from tests.unit.gateway import samples
from tests.unit.gateway.conftest import Visitor
from tests.unit.gateway.upstream import Upstream, json_answer

PHOTO = str(samples.TICKET_ID)
ACCOUNT = {"exported_at": samples.AT, "account": {"id": samples.BUDI_ID, "name": "Budi Santoso"}}
ERASE = {"current_password": "kuda laut 7 warna", "is_final": "yes"}


def _ticket(number: str, *photos: str) -> dict[str, Any]:
    return {"number": number, "photos": [{"id": PHOTO, "name": name} for name in photos]}


@pytest.fixture
def budi(visitor: Visitor, upstream: Upstream) -> Visitor:
    """Budi, with two tickets on two pages, a photo and a message."""

    def tickets(got: Any) -> Any:
        pages = {
            "": {"items": [_ticket("1111-1111", "modem.jpg")], "next": "c"},
            "cursor=c": {"items": [_ticket("2222-2222")], "next": None},
        }
        page = pages.get(got.query)
        return json_answer(page or {"items": [{"about": "received"}], "next": None})

    upstream.answers("POST", "/own-data", ACCOUNT)
    upstream.calls("GET", "/own-data", tickets)
    upstream.refuses("GET", "/users/.*/avatar", NotFound())
    upstream.answers("GET", f"/attachments/{PHOTO}", {"a": "photo"})
    return visitor.as_customer()


async def _taken(visitor: Visitor) -> httpx.Response:
    return await visitor.post("/account/data/copy", current_password="kuda laut 7 warna")


async def test_the_archive_holds_every_part_as_a_file_of_its_own(budi: Visitor) -> None:
    answer = await _taken(budi)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == 'attachment; filename="data-2026-11-23.zip"'
    assert answer.headers["cache-control"] == "no-store"
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    assert {
        "README.txt",
        "account.json",
        "tickets/1111-1111.json",
        "tickets/1111-1111/1.jpg",
        "messages.json",
    } <= set(archive.namelist())
    assert json.loads(archive.read("account.json")) == ACCOUNT
    assert "akun" in archive.read("README.txt").decode()


async def test_a_photo_that_is_gone_is_left_out(budi: Visitor, upstream: Upstream) -> None:
    upstream.refuses("GET", f"/attachments/{PHOTO}", NotFound())
    names = zipfile.ZipFile(io.BytesIO((await _taken(budi)).content)).namelist()
    assert "tickets/1111-1111.json" in names and "tickets/1111-1111/1.jpg" not in names


async def test_a_wrong_password_gives_the_page_again(budi: Visitor, upstream: Upstream) -> None:
    fault = FieldError("/current_password", "This is not your present password.", "password_wrong")
    upstream.refuses("POST", "/own-data", Invalid(fault))
    answer = await _taken(budi)
    assert answer.status_code == 422
    assert 'id="copy-password-error"' in answer.text
    assert not upstream.all("GET", "/own-data")


async def test_an_archive_that_cannot_be_finished_is_none(
    budi: Visitor, upstream: Upstream
) -> None:
    upstream.refuses("GET", f"/attachments/{PHOTO}", Unavailable())
    with pytest.raises(Unavailable):
        await _taken(budi)


async def test_erasing_ends_here_and_in_the_browser(budi: Visitor, upstream: Upstream) -> None:
    upstream.answers("POST", "/me/erase", None, 204)
    answer = await budi.post("/account/data/erase", **ERASE)
    assert (answer.status_code, answer.headers["location"]) == (303, "/?done=erased")
    assert 'session=""' in answer.headers["set-cookie"]
    assert answer.headers["clear-site-data"] == '"storage"'
    assert upstream.last("POST", "/me/erase").json() == {
        "current_password": ERASE["current_password"],
        "is_final": True,
    }


async def test_without_a_clear_word_nobody_is_erased(budi: Visitor, upstream: Upstream) -> None:
    fault = FieldError("/is_final", "Please say that you want this for good.", "not_said_clearly")
    upstream.refuses("POST", "/me/erase", Invalid(fault))
    answer = await budi.post("/account/data/erase", current_password="x", is_final="")
    assert answer.status_code == 422
    assert 'id="is-final-error"' in answer.text
    assert upstream.last("POST", "/me/erase").json()["is_final"] is False


class LastAdmin(Conflict):
    """There must always be an administrator who can log in."""


async def test_the_last_administrator_is_told_why(visitor: Visitor, upstream: Upstream) -> None:
    upstream.refuses("POST", "/me/erase", LastAdmin())
    answer = await visitor.as_agent().post("/admin/account/data/erase", **ERASE)
    assert answer.status_code == 409
    assert "administrator" in answer.text


async def test_an_administrator_erases_somebody_as_they_saw_them(
    visitor: Visitor, upstream: Upstream
) -> None:
    upstream.answers("POST", "/users/.*/erase", None, 204)
    path = f"/admin/people/{samples.BUDI_ID}/erase"
    answer = await visitor.as_agent().post(path, version="3", is_final="yes")
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/admin/people?done=erased_person",
    )
    assert upstream.last("POST", "/users/.*/erase").headers["If-Match"] == '"3"'


async def test_who_may_not_erase_sees_no_way_to(visitor: Visitor, upstream: Upstream) -> None:
    session = samples.session("staff") | {"perms": ["user.read", "user.edit", "role.read"]}
    upstream.answers("POST", "/sessions/resolve", session)
    person = await visitor.as_agent().get(f"/admin/people/{samples.BUDI_ID}")
    assert "/erase" not in person.text
    assert (await visitor.get(f"/admin/people/{samples.BUDI_ID}/erase")).status_code == 404


async def test_a_code_is_asked_for_where_the_second_step_is_on(
    visitor: Visitor, upstream: Upstream
) -> None:
    fields = ("copy-code", "erase-code")
    page = (await visitor.as_customer().get("/account/data")).text
    assert not any(f'id="{field}"' in page for field in fields)
    visitor.portal.sessions.forget(samples.BUDI_TOKEN)
    upstream.answers("POST", "/sessions/resolve", samples.session() | {"second_factor": "on"})
    page = (await visitor.get("/account/data")).text
    assert all(f'id="{field}"' in page for field in fields)

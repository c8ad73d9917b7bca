"""The account page: every form sends what was typed, and says what is wrong where it was typed."""

import re

import httpx
import pytest
from aiohttp import web

from shared.devices import Device, device_of
from shared.errors import (
    FieldError,
    Invalid,
    NotFound,
    Problem,
    Stale,
    TooManyRequests,
    Unavailable,
)
from shared.images import NotAPhoto, PhotoTooDetailed, PhotoTooLarge
from tests.unit.gateway import samples
from tests.unit.gateway.conftest import Visitor
from tests.unit.gateway.upstream import Received, Upstream

HOMES = {"customer": "/account", "staff": "/admin/account"}
OPENED = {
    "token": "fresh-session-token-0001",
    "expires_at": samples.LATER,
    "user": samples.session()["user"],
}


class CurrentPasswordWrong(Invalid):
    """This is not your present password."""


def wrong_password() -> CurrentPasswordWrong:
    return CurrentPasswordWrong(
        FieldError("/current_password", CurrentPasswordWrong.title(), "password_wrong")
    )


def section(text: str, name: str) -> str:
    """The HTML of one section of the page."""
    start = text.index(f'id="{name}"')
    return text[start : text.index("</section>", start)]


@pytest.fixture(params=HOMES)
def somebody(request: pytest.FixtureRequest, visitor: Visitor, upstream: Upstream) -> Visitor:
    """A customer, then an agent."""
    if request.param == "customer":
        return visitor.as_customer()
    upstream.answers("GET", "/me", samples.me(samples.DEWI_ID, "staff"))
    return visitor.as_agent()


def home_of(visitor: Visitor) -> str:
    is_staff = visitor.client.cookies["session"] == samples.DEWI_TOKEN
    return HOMES["staff" if is_staff else "customer"]


async def test_the_page_shows_what_is_known(somebody: Visitor) -> None:
    answer = await somebody.get(home_of(somebody))
    assert answer.status_code == 200
    profile = section(answer.text, "profile")
    assert 'value="Asia/Jakarta" selected' in profile
    assert 'value="id" selected' in profile
    assert 'value="+6281234567801"' in section(answer.text, "phone")
    switches = section(answer.text, "notifications")
    assert len(re.findall(r'type="checkbox"', switches)) == 9
    assert len(re.findall(r" checked>", switches)) == 7
    assert 'name="email" value="progress">' in switches


async def test_the_page_stands_in_the_portal_and_for_staff_in_the_console(visitor: Visitor) -> None:
    customer = await visitor.as_customer().get("/account")
    assert 'class="top"' in customer.text
    assert 'action="/account/profile#profile"' in customer.text
    assert (await visitor.get("/admin/account")).status_code == 403
    within_portal = await visitor.as_agent().get("/account")
    assert 'action="/account/profile#profile"' in within_portal.text
    staff = await visitor.get("/admin/account")
    assert 'class="rail' in staff.text
    assert 'action="/admin/account/profile#profile"' in staff.text


async def test_a_stranger_is_sent_to_the_login(visitor: Visitor) -> None:
    for home in HOMES.values():
        assert (await visitor.get(home)).headers["location"].startswith("/login?next=")
        names = (
            "picture",
            "profile",
            "email",
            "phone",
            "phone/code",
            "password",
            "notifications",
            "sessions",
        )
        for name in (*names, "picture/remove", "phone/code"):
            answer = await visitor.as_stranger().post(f"{home}/{name}", name="x")
            assert answer.status_code == 401


async def test_the_profile_is_saved_and_shown_in_the_chosen_language(
    somebody: Visitor, upstream: Upstream
) -> None:
    upstream.answers("PATCH", "/me", samples.me(language="en"))
    typed = {"name": "Budi Baru", "language": "en", "time_zone": "Asia/Jayapura"}
    answer = await somebody.post(f"{home_of(somebody)}/profile", **typed, version="3")
    sent = upstream.last("PATCH", "/me")
    assert sent.json() == typed
    assert sent.headers["If-Match"] == '"3"'
    assert answer.headers["location"] == f"{home_of(somebody)}?saved=profile&lang=en"
    page = await somebody.get(answer.headers["location"])
    assert "Saved." in section(page.text, "profile")
    assert 'role="status"' not in section(page.text, "phone")


async def test_a_saved_name_is_on_the_next_page(visitor: Visitor, upstream: Upstream) -> None:
    visitor.as_customer()
    await visitor.get("/account")
    upstream.answers("PATCH", "/me", samples.me(name="Budi Baru"))
    upstream.answers("POST", "/sessions/resolve", samples.session(name="Budi Baru"))
    await visitor.post("/account/profile", name="Budi Baru", language="id", time_zone="x")
    assert "Budi Baru" in (await visitor.get("/tickets")).text


async def test_a_lost_race_keeps_what_was_typed_and_asks(
    visitor: Visitor, upstream: Upstream
) -> None:
    upstream.refuses("PATCH", "/me", Stale(version=9))
    upstream.answers("GET", "/me", samples.me(version=9))
    typed = {"name": "Budi Baru", "language": "en", "time_zone": "Asia/Jakarta"}
    answer = await visitor.as_customer().post("/account/profile", **typed, version="3")
    assert answer.status_code == 412
    profile = section(answer.text, "profile")
    assert 'value="Budi Baru"' in profile
    assert 'name="version" value="9"' in profile
    assert "Tetap simpan punya saya" in profile


@pytest.mark.parametrize("name", ["phone", "password"])
async def test_a_wrong_password_is_told_at_its_own_form_only(
    somebody: Visitor, upstream: Upstream, name: str
) -> None:
    upstream.refuses("PUT", f"/me/{name}", wrong_password())
    typed = {"phone": "0811222333", "current_password": "salah sekali", "new_password": "x" * 8}
    answer = await somebody.post(f"{home_of(somebody)}/{name}", **typed)
    assert answer.status_code == 422
    other = {"phone": "password", "password": "phone"}[name]
    assert "Ini bukan kata sandi Anda saat ini." in section(answer.text, name)
    assert "Ini bukan kata sandi" not in section(answer.text, other)
    assert 'aria-invalid="true"' not in section(answer.text, other)
    assert "salah sekali" not in answer.text
    shown = "0811222333" if name == "phone" else "+6281234567801"
    assert f'value="{shown}"' in section(answer.text, "phone")


async def test_no_two_fields_share_an_id(somebody: Visitor) -> None:
    page = (await somebody.get(home_of(somebody))).text
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", ["phone", "password"])
async def test_a_new_phone_or_password_goes_on_in_a_new_session(
    somebody: Visitor, upstream: Upstream, name: str
) -> None:
    asked = ("POST", "/me/phone/removal") if name == "phone" else ("PUT", "/me/password")
    upstream.answers(*asked, OPENED)
    home = home_of(somebody)
    typed = {"phone": "", "current_password": " benar ", "new_password": " baru sekali "}
    answer = await somebody.post(f"{home}/{name}", **typed)
    assert answer.headers["location"] == f"{home}?saved={name}"
    assert f"session={OPENED['token']}" in answer.headers["set-cookie"]
    changed = {} if name == "phone" else {"new_password": " baru sekali "}
    sent = upstream.last(*asked).json()
    assert sent == {"current_password": " benar ", **changed}


async def test_too_many_wrong_passwords_are_told(visitor: Visitor, upstream: Upstream) -> None:
    upstream.refuses("PUT", "/me/password", TooManyRequests(retry_after=60))
    typed = {"current_password": "a", "new_password": "b"}
    answer = await visitor.as_customer().post("/account/password", **typed)
    assert answer.status_code == 429
    assert 'role="alert"' in section(answer.text, "password")


async def test_switches_send_what_is_ticked_and_what_is_not(
    somebody: Visitor, upstream: Upstream
) -> None:
    upstream.answers("PATCH", "/me/notification-preferences", samples.PREFERENCES)
    answer = await somebody.client.post(
        f"{home_of(somebody)}/notifications",
        data={
            "csrf_token": somebody.csrf_token,
            "version": "3",
            "kind": ["received", "solved"],
            "email": ["solved"],
            "in_app": ["received", "solved"],
        },
    )
    assert answer.headers["location"] == f"{home_of(somebody)}?saved=notifications"
    assert upstream.last("PATCH", "/me/notification-preferences").json() == {
        "quiet": None,
        "items": [
            {"kind": "received", "email": False, "in_app": True},
            {"kind": "solved", "email": True, "in_app": True},
        ],
    }


async def test_quiet_hours_are_shown_and_sent(somebody: Visitor, upstream: Upstream) -> None:
    hours = {"starts": "22:30", "ends": "05:00"}
    upstream.answers("GET", "/me/notification-preferences", samples.PREFERENCES | {"quiet": hours})
    upstream.answers("PATCH", "/me/notification-preferences", samples.PREFERENCES)
    shown = section((await somebody.get(home_of(somebody))).text, "notifications")
    assert 'value="22:30"' in shown and 'value="05:00"' in shown
    typed = {"quiet": "yes", "quiet_from": "21:15", "quiet_to": "06:00", "kind": "solved"}
    await somebody.post(f"{home_of(somebody)}/notifications", **typed)
    sent = upstream.last("PATCH", "/me/notification-preferences").json()
    assert sent["quiet"] == {"starts": "21:15", "ends": "06:00"}


async def test_another_address_is_asked_for_and_waits_for_its_link(
    somebody: Visitor, upstream: Upstream
) -> None:
    upstream.answers("PUT", "/me/email", {"status": "accepted"}, 202)
    typed = {"email": "baru@example.test", "current_password": " benar "}
    answer = await somebody.post(f"{home_of(somebody)}/email", **typed)
    assert upstream.last("PUT", "/me/email").json() == typed
    assert answer.headers["location"] == f"{home_of(somebody)}?saved=email"
    assert "set-cookie" not in answer.headers
    upstream.answers("GET", "/me", samples.me(pending_email="baru@example.test"))
    assert "baru@example.test" in section((await somebody.get("/account")).text, "email")


async def test_a_number_is_asked_for_and_its_code_is_typed(
    somebody: Visitor, upstream: Upstream
) -> None:
    home = home_of(somebody)
    upstream.answers("PUT", "/me/phone", {"status": "accepted"}, 202)
    typed = {"phone": "0811222333", "current_password": "benar"}
    answer = await somebody.post(f"{home}/phone", **typed)
    assert upstream.last("PUT", "/me/phone").json() == typed
    assert answer.headers["location"] == f"{home}?saved=phone_asked"
    kind = "staff" if home == HOMES["staff"] else "customer"
    upstream.answers("GET", "/me", samples.me(kind=kind, pending_phone="+62811222333"))
    page = section((await somebody.get(home)).text, "phone")
    assert 'autocomplete="one-time-code"' in page and "+62811222333" in page
    upstream.answers("POST", "/me/phone/proof", OPENED)
    done = await somebody.post(f"{home}/phone/code", code=" 123 456 ")
    assert upstream.last("POST", "/me/phone/proof").json() == {"code": "123456"}
    assert f"session={OPENED['token']}" in done.headers["set-cookie"]


async def test_a_wrong_code_is_told_at_its_field_and_a_late_one_asks_for_another(
    visitor: Visitor, upstream: Upstream
) -> None:
    detail = "This code is not right."
    upstream.answers("GET", "/me", samples.me(pending_phone="+62811222333"))
    fault = Invalid(FieldError("/code", detail, "code_wrong"))
    upstream.refuses("POST", "/me/phone/proof", fault)
    answer = await visitor.as_customer().post("/account/phone/code", code="111111")
    assert answer.status_code == 422
    assert 'id="f-code-error"' in section(answer.text, "phone")
    upstream.refuses("POST", "/me/phone/proof", NotFound())
    late = await visitor.post("/account/phone/code", code="111111")
    assert late.headers["location"] == "/account?saved=phone_late"
    assert "notice--warn" in section((await visitor.get("/account?saved=phone_late")).text, "phone")


async def test_sessions_are_told_apart_and_this_one_cannot_be_ended_here(
    somebody: Visitor,
) -> None:
    sessions = section((await somebody.get(home_of(somebody))).text, "sessions")
    here, other = sessions.split("</li>")[:2]
    assert "Firefox di Linux" in here
    assert "Perangkat ini" in here
    assert "<form" not in here
    assert "Chrome di Android" in other
    assert "198.51.100.7" in other
    assert "WIB" in other
    assert 'name="session_id"' in other


async def test_the_service_hears_which_session_asks(visitor: Visitor, upstream: Upstream) -> None:
    await visitor.as_customer().client.get("/account", headers={"X-Session": "forged"})
    assert upstream.last("GET", "/me/sessions").headers["X-Session"] == samples.session_id()
    await visitor.call("GET", "/me/sessions", x_session="forged")
    assert upstream.last("GET", "/me/sessions").headers["X-Session"] == samples.session_id()


async def test_one_session_is_ended_or_all_others(somebody: Visitor, upstream: Upstream) -> None:
    upstream.answers("DELETE", "/me/sessions(/.*)?", None, 204)
    answer = await somebody.post(f"{home_of(somebody)}/sessions", session_id=samples.TEAM_ID)
    assert answer.headers["location"] == f"{home_of(somebody)}?saved=sessions"
    assert len(upstream.all("DELETE", f"/me/sessions/{samples.TEAM_ID}")) == 1
    await somebody.post(f"{home_of(somebody)}/sessions")
    assert len(upstream.all("DELETE", "/me/sessions")) == 1


async def test_a_session_that_is_gone_already_was_ended(
    visitor: Visitor, upstream: Upstream
) -> None:
    upstream.refuses("DELETE", "/me/sessions/.*", NotFound())
    answer = await visitor.as_customer().post("/account/sessions", session_id="../x?y")
    assert answer.headers["location"] == "/account?saved=sessions"
    assert upstream.all("DELETE", "/me") == []


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        (
            "Mozilla/5.0 (Linux; Android 14; SM-A155F) AppleWebKit/537.36 (KHTML, like Gecko) "
            "SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36",
            ("Samsung Internet", "Android"),
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 "
            "(KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
            ("Safari", "iPhone"),
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
            ("Edge", "Windows"),
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0",
            ("Firefox", "Mac"),
        ),
        ("curl/8.5.0", ("", "")),
        ("", ("", "")),
    ],
)
def test_a_browser_is_named_as_its_owner_names_it(agent: str, device: tuple[str, str]) -> None:
    assert device_of(agent) == Device(*device)


async def send_picture(visitor: Visitor, content: bytes, name: str = "saya.jpg") -> httpx.Response:
    """Choose a file and press the button."""
    return await visitor.client.post(
        f"{home_of(visitor)}/picture",
        data={"csrf_token": visitor.csrf_token},
        files={"photos": (name, content)},
    )


async def test_a_picture_is_sent_on_as_it_came(somebody: Visitor, upstream: Upstream) -> None:
    upstream.answers("PUT", "/me/avatar", {"avatar_id": samples.TEAM_ID})
    answer = await send_picture(somebody, b"JPEG" * 500_000)
    assert answer.headers["location"] == f"{home_of(somebody)}?saved=picture"
    sent = upstream.last("PUT", "/me/avatar")
    assert b'name="file"; filename="saya.jpg"' in sent.body
    assert b"JPEG" * 500_000 in sent.body


async def test_a_picture_that_is_too_large_is_not_even_sent_on(
    somebody: Visitor, upstream: Upstream
) -> None:
    answer = await send_picture(somebody, bytes(10_000_001))
    assert answer.status_code == 413
    assert "Foto ini terlalu besar" in section(answer.text, "picture")
    assert not upstream.all("PUT", "/me/avatar")


async def test_who_has_a_picture_sees_it_and_can_remove_it(
    visitor: Visitor, upstream: Upstream
) -> None:
    visitor.as_customer()
    assert "Hapus foto" not in (await visitor.get("/account")).text
    upstream.answers("GET", "/me", samples.me(avatar_id=samples.TEAM_ID))
    page = (await visitor.get("/account")).text
    assert f'src="/users/{samples.BUDI_ID}/avatar?v={samples.TEAM_ID}"' in page
    upstream.answers("DELETE", "/me/avatar", None, 204)
    answer = await visitor.post("/account/picture/remove")
    assert answer.headers["location"] == "/account?saved=picture"
    assert len(upstream.all("DELETE", "/me/avatar")) == 1


@pytest.mark.parametrize(
    ("problem", "status"), [(NotAPhoto(), 422), (PhotoTooLarge(), 413), (PhotoTooDetailed(), 413)]
)
async def test_what_is_no_photo_is_told_at_the_field(
    somebody: Visitor, upstream: Upstream, problem: Problem, status: int
) -> None:
    upstream.refuses("PUT", "/me/avatar", problem)
    answer = await send_picture(somebody, b"x", "surat.pdf")
    assert answer.status_code == status
    told = section(answer.text, "picture")
    sentence = somebody.portal.texts["id"](problem.title())
    assert sentence in told[told.index("field__error") :]
    assert 'aria-invalid="true"' in told


async def test_no_photo_is_told_at_the_field(visitor: Visitor) -> None:
    visitor.as_customer()
    for answer in (await visitor.post("/account/picture"), await send_picture(visitor, b"", "")):
        assert answer.status_code == 422
        assert "Silakan pilih foto dulu." in section(answer.text, "picture")


async def test_a_store_that_is_away_leaves_the_page_in_use(
    visitor: Visitor, upstream: Upstream
) -> None:
    upstream.refuses("PUT", "/me/avatar", Unavailable())
    answer = await send_picture(visitor.as_customer(), b"x")
    assert answer.status_code == 503
    assert "Foto belum bisa disimpan saat ini." in section(answer.text, "picture")
    assert 'value="Budi Santoso"' in section(answer.text, "profile")


async def test_a_picture_is_shown_as_one_and_nothing_else(
    visitor: Visitor, upstream: Upstream
) -> None:
    def picture(_: Received) -> web.Response:
        return web.Response(body=b"RIFF", content_type="image/webp")

    upstream.calls("GET", "/users/.*/avatar", picture)
    visitor.as_customer()
    answer = await visitor.get(f"/users/{samples.DEWI_ID}/avatar?v=1")
    assert (answer.content, answer.headers["content-type"]) == (b"RIFF", "image/webp")
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "private, no-cache"
    asked = len(upstream.all("GET", "/users/.*/avatar"))
    again = await visitor.get(f"/users/{samples.DEWI_ID}/avatar?v=1", if_none_match='"1"')
    assert (again.status_code, again.content) == (304, b"")
    assert len(upstream.all("GET", "/users/.*/avatar")) == asked
    unnamed = await visitor.get(f"/users/{samples.DEWI_ID}/avatar")
    assert unnamed.headers["cache-control"] == "no-store"
    upstream.refuses("GET", "/users/.*/avatar", NotFound())
    assert (await visitor.get(f"/users/{samples.DEWI_ID}/avatar")).status_code == 404
    visitor.client.cookies.clear()
    gone = await visitor.get(f"/users/{samples.DEWI_ID}/avatar?v=1", if_none_match='"1"')
    assert gone.headers["location"].startswith("/login")


FACE = f'<img class="face" src="/users/{{}}/avatar?v={samples.TEAM_ID}" alt=""'


@pytest.mark.parametrize("kind", ["customer", "staff"])
async def test_every_page_shows_ones_own_picture(
    visitor: Visitor, upstream: Upstream, kind: str
) -> None:
    seen = samples.session(kind, avatar_id=samples.TEAM_ID)
    upstream.answers("POST", "/sessions/resolve", seen)
    customer = kind == "customer"
    (visitor.as_customer if customer else visitor.as_agent)()
    page = (await visitor.get("/tickets/new" if customer else "/admin/categories")).text
    assert FACE.format(samples.BUDI_ID if customer else samples.DEWI_ID) in page
    assert page.count("<img") == 1


async def test_a_ticket_shows_who_of_us_helps_but_not_to_a_mere_link(
    visitor: Visitor, upstream: Upstream
) -> None:
    helper = {"id": samples.DEWI_ID, "name": "Dewi Lestari", "avatar_id": samples.TEAM_ID}
    upstream.answers("GET", "/tickets/[0-9-]+", samples.ticket(assignee=helper))
    page = (await visitor.as_customer().get(f"/tickets/{samples.NUMBER}")).text
    assert FACE.format(samples.DEWI_ID) in page
    assert 'loading="lazy"' in page
    visitor.client.cookies.clear()
    people = {"ticket_id": samples.TICKET_ID, "user_id": samples.BUDI_ID}
    upstream.answers("POST", "/links/open", people | {"number": samples.NUMBER})
    by_link = await visitor.get("/t/abc.1.k.def")
    assert by_link.status_code == 200
    assert "Dewi Lestari" in by_link.text and "/avatar?" not in by_link.text


async def test_what_people_call_themselves_is_shown_as_text(
    somebody: Visitor, upstream: Upstream
) -> None:
    bad = "<b>x</b>\"'><script>alert(1)</script>"
    kind = "staff" if home_of(somebody) == HOMES["staff"] else "customer"
    teams = [samples.TEAMS["items"][0] | {"name": bad}]
    me = samples.me(kind=kind, name=bad, email=bad, phone=bad, time_zone=bad, teams=teams)
    upstream.answers("GET", "/me", me)
    seen = samples.own_session(client_agent=bad, client_address=bad, is_this=False)
    upstream.answers("GET", "/me/sessions", {"items": [seen]})
    page = (await somebody.get(home_of(somebody))).text
    assert "<script>alert" not in page
    assert "<b>x" not in page
    assert not re.search(r' [\w-]+="[^"]*<', page)


async def test_customers_see_their_lines_and_staff_have_none(
    visitor: Visitor, upstream: Upstream
) -> None:
    line = samples.line(state="suspended")
    upstream.answers("GET", "/service-lines", samples.listing(line))
    page = (await visitor.as_customer().get("/account")).text
    assert all(words in page for words in ("Sambungan saya", line["number"], line["address"]))
    assert "Ditangguhkan" in page
    assert upstream.last("GET", "/service-lines").query.startswith(f"user_id={samples.BUDI_ID}")
    asked = len(upstream.all("GET", "/service-lines"))
    assert "Sambungan saya" not in (await visitor.as_agent().get("/admin/account")).text
    assert len(upstream.all("GET", "/service-lines")) == asked

"""Photos on their way through the gateway: up with a form or a call, down to whoever may see them."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from aiohttp import web

from gateway.api.call import MAX_FILE_BODY_BYTES
from gateway.main import public_app
from gateway.pages import MAX_FILES
from gateway.portal import Portal
from gateway.uploads import MAX_PHOTO_BYTES, MAX_PHOTOS
from shared.errors import FieldError, Invalid, NotFound, Unavailable
from shared.files import FilesUnavailable
from shared.images import MAX_BYTES, NotAPhoto, PhotoTooLarge
from tests.unit.gateway import samples
from tests.unit.gateway.conftest import Visitor, without_nonce
from tests.unit.gateway.upstream import Received, Upstream
from ticket_service.attachments.domain import MAX_PER_MESSAGE
from ticket_service.attachments.routes import MAX_UPLOAD_BYTES

REPORT = {"subject": "Internet mati", "description": "Lampu LOS merah", "category": "down"}
PHOTO_ID = "0192a000-0000-7000-8000-0000000000{:02x}"
FILE_HEADERS = {
    "Content-Disposition": "attachment; filename=\"modem.jpg\"; filename*=UTF-8''modem.jpg",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "no-store",
}


@pytest.fixture
def store(upstream: Upstream) -> list[Received]:
    """The service's store: each new photo gets the next id, the same key the same one."""
    ids: dict[str, str] = {}

    def upload(got: Received) -> web.Response:
        assert b'name="file"' in got.body
        key = got.headers["Idempotency-Key"]
        id_ = ids.setdefault(key, PHOTO_ID.format(len(ids) + 1))
        record = {"id": id_, "name": "modem.jpg", "media_type": "image/jpeg"}
        return web.json_response(record | {"size": 9, "width": 3, "height": 3}, status=201)

    upstream.calls("POST", "/attachments", upload)
    upstream.answers("POST", "/tickets", {"number": samples.NUMBER}, 201)
    upstream.answers("POST", "/tickets/.*/replies", {"number": samples.NUMBER}, 201)
    return upstream.received


def some(count: int, size: int = 5) -> list[tuple[str, tuple[str, bytes, str]]]:
    return [
        ("photos", (f"foto{n}.jpg", bytes([n]) * size, "image/jpeg")) for n in range(1, count + 1)
    ]


async def send(
    visitor: Visitor, path: str, files: list[Any] | None = None, **fields: Any
) -> httpx.Response:
    data = {"csrf_token": visitor.csrf_token, "submission_id": "form-1", **fields}
    return await visitor.client.post(path, data=data, files=files or [("photos", ("", b""))])


def sent_ids(upstream: Upstream, path: str = "/tickets") -> list[str]:
    ids: list[str] = upstream.last("POST", path).json().get("attachment_ids", [])
    return ids


def test_both_sides_have_the_same_limits() -> None:
    assert (MAX_PHOTO_BYTES, MAX_FILE_BODY_BYTES) == (MAX_BYTES, MAX_UPLOAD_BYTES)
    assert MAX_PHOTOS == MAX_PER_MESSAGE < MAX_FILES


@pytest.mark.usefixtures("store")
async def test_photos_go_up_one_by_one_and_with_the_report_by_name(
    visitor: Visitor, upstream: Upstream
) -> None:
    answer = await send(visitor.as_customer(), "/tickets/new", some(2), **REPORT)
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        f"/tickets/{samples.NUMBER}?done=received",
    )
    first, second = upstream.all("POST", "/attachments")
    assert b'filename="foto1.jpg"' in first.body
    assert bytes([1]) * 5 in first.body
    keys = [got.headers["Idempotency-Key"] for got in (first, second)]
    assert all(key.startswith("form-1.") for key in keys)
    assert keys[0] != keys[1]
    assert sent_ids(upstream) == [PHOTO_ID.format(1), PHOTO_ID.format(2)]


@pytest.mark.usefixtures("store")
async def test_a_double_tap_uploads_and_opens_the_same(
    visitor: Visitor, upstream: Upstream
) -> None:
    for _ in range(2):
        await send(visitor.as_customer(), "/tickets/new", some(1), **REPORT)
    keys = [got.headers["Idempotency-Key"] for got in upstream.all("POST", "/attachments")]
    bodies = [got.body for got in upstream.all("POST", "/tickets")]
    assert len(set(keys)) == len(set(bodies)) == 1


@pytest.mark.usefixtures("store")
async def test_the_same_photo_chosen_twice_goes_once(visitor: Visitor, upstream: Upstream) -> None:
    await send(visitor.as_customer(), "/tickets/new", some(1) + some(1), **REPORT)
    assert sent_ids(upstream) == [PHOTO_ID.format(1)]


@pytest.mark.usefixtures("store")
async def test_a_large_photo_arrives_whole_and_differs_by_its_last_byte(
    visitor: Visitor, upstream: Upstream
) -> None:
    contents = [bytes(3_000_000) + last for last in (b"a", b"b")]
    files = [("photos", ("modem.jpg", content, "image/jpeg")) for content in contents]
    await send(visitor.as_customer(), "/tickets/new", files, **REPORT)
    uploads = upstream.all("POST", "/attachments")
    assert [content in got.body for got, content in zip(uploads, contents, strict=True)] == [
        True,
        True,
    ]
    assert len({got.headers["Idempotency-Key"] for got in uploads}) == 2


@pytest.mark.usefixtures("store")
async def test_a_form_without_photos_names_none(visitor: Visitor, upstream: Upstream) -> None:
    answer = await send(visitor.as_customer(), "/tickets/new", **REPORT)
    assert answer.status_code == 303
    assert "attachment_ids" not in upstream.last("POST", "/tickets").json()
    assert not upstream.all("POST", "/attachments")


@pytest.fixture(params=["not a photo", "too large here", "too large there", "six"])
def bad(request: pytest.FixtureRequest, upstream: Upstream, store: object) -> Iterator[Any]:
    """Files of which one cannot be taken, and a word of the sentence that says so."""
    good, kind = some(1), request.param
    if kind == "six":
        yield some(6), "lima foto", 5
        return

    def refuse(got: Received) -> web.Response:
        problem = NotAPhoto() if kind == "not a photo" else PhotoTooLarge()
        if b"bukan.jpg" not in got.body:
            record = {"id": PHOTO_ID.format(1), "name": "foto1.jpg"}
            return web.json_response(record, status=201)
        body = {"type": f"urn:tanggap:{problem.slug()}", "title": problem.title(), "errors": []}
        return web.Response(
            text=json.dumps(body),
            status=422 if kind == "not a photo" else 413,
            content_type="application/problem+json",
        )

    upstream.calls("POST", "/attachments", refuse)
    size = 30_000_000 if kind == "too large here" else 4
    files = [*good, ("photos", ("bukan.jpg", b"x" * size, "image/jpeg"))]
    yield files, "bukan.jpg", 1


async def test_a_photo_that_cannot_be_taken_brings_the_form_back_with_everything_else(
    visitor: Visitor, upstream: Upstream, bad: Any
) -> None:
    files, word, kept = bad
    answer = await send(visitor.as_customer(), "/tickets/new", files, **REPORT)
    assert answer.status_code == 422
    assert not upstream.all("POST", "/tickets")
    assert word in answer.text
    assert REPORT["description"] in answer.text
    assert answer.text.count('name="attachment_ids"') == kept
    assert f'src="/attachments/{PHOTO_ID.format(1)}/thumbnail"' in answer.text
    assert 'value="form-1"' in answer.text


@pytest.mark.usefixtures("store")
async def test_a_form_that_came_back_carries_what_was_uploaded(
    visitor: Visitor, upstream: Upstream
) -> None:
    fields = REPORT | {"attachment_ids": [PHOTO_ID.format(9), PHOTO_ID.format(9), "x' OR 1=1"]}
    await send(visitor.as_customer(), "/tickets/new", some(1), **fields)
    assert sent_ids(upstream) == [PHOTO_ID.format(9), PHOTO_ID.format(1)]


@pytest.mark.usefixtures("store")
async def test_five_are_the_limit_for_old_and_new_together(
    visitor: Visitor, upstream: Upstream
) -> None:
    before = [PHOTO_ID.format(n) for n in (0xA1, 0xA2, 0xA3, 0xA4)]
    answer = await send(
        visitor.as_customer(), "/tickets/new", some(2), **REPORT, attachment_ids=before
    )
    assert answer.status_code == 422
    assert len(upstream.all("POST", "/attachments")) == 1
    assert answer.text.count('name="attachment_ids"') == 5


@pytest.mark.usefixtures("store")
async def test_a_photo_that_the_service_lost_is_named_and_left_out(
    visitor: Visitor, upstream: Upstream
) -> None:
    detail = "This photo is no longer there. Please add it again."
    fault = FieldError("/attachment_ids/1", detail, "unknown_attachment")
    upstream.refuses("POST", "/tickets", Invalid(fault))
    kept, lost = PHOTO_ID.format(0xA1), PHOTO_ID.format(0xA2)
    answer = await send(
        visitor.as_customer(), "/tickets/new", **REPORT, attachment_ids=[kept, lost]
    )
    assert answer.status_code == 422
    assert "Foto ini sudah tidak ada" in answer.text
    assert (kept in answer.text, lost in answer.text) == (True, False)


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("away", [FilesUnavailable(), Unavailable()])
async def test_while_the_store_is_away_nothing_typed_is_lost(
    visitor: Visitor, upstream: Upstream, away: Unavailable
) -> None:
    upstream.refuses("POST", "/attachments", away)
    kept = PHOTO_ID.format(0xA1)
    answer = await send(
        visitor.as_customer(), "/tickets/new", some(1), **REPORT, attachment_ids=[kept]
    )
    assert answer.status_code == 503
    assert not upstream.all("POST", "/tickets")
    for words in (*REPORT.values(), kept, "form-1", 'name="photos"', "multipart/form-data"):
        assert words in answer.text


@pytest.mark.usefixtures("store")
async def test_a_page_without_photos_takes_no_files(visitor: Visitor, upstream: Upstream) -> None:
    answer = await send(visitor.as_customer(), f"/tickets/{samples.NUMBER}/cancel", some(1))
    assert answer.status_code == 403
    assert not upstream.all("POST", "/tickets/.*")


@pytest.mark.usefixtures("store")
async def test_a_form_that_is_far_too_large_is_not_read_to_its_end(visitor: Visitor) -> None:
    answer = await send(visitor.as_customer(), "/tickets/new", some(3, size=30_000_000), **REPORT)
    assert answer.status_code == 413


@pytest.mark.usefixtures("store")
async def test_a_reply_takes_photos_too(visitor: Visitor, upstream: Upstream) -> None:
    path = f"/tickets/{samples.NUMBER}/replies"
    answer = await send(visitor.as_customer(), path, some(1), body="Ini fotonya")
    assert answer.status_code == 303
    assert sent_ids(upstream, path) == [PHOTO_ID.format(1)]


@pytest.fixture
def linked(upstream: Upstream) -> Upstream:
    """The services with one valid link."""
    found = {"ticket_id": samples.TICKET_ID, "number": samples.NUMBER, "user_id": samples.BUDI_ID}
    upstream.answers("POST", "/links/open", found)
    return upstream


@pytest.mark.usefixtures("store")
async def test_a_link_uploads_and_shows_as_the_link(visitor: Visitor, linked: Upstream) -> None:
    linked.answers("GET", "/attachments/.*", None, headers=FILE_HEADERS)
    visitor.as_stranger()
    answer = await send(visitor, "/t/abc/replies", some(1), body="Ini")
    assert answer.status_code == 303
    photo = f"/t/abc/attachments/{PHOTO_ID.format(1)}"
    assert (await visitor.get(photo)).status_code == 200
    assert (await visitor.get(f"{photo}/thumbnail")).status_code == 200
    tokens = {
        got.headers["Authorization"]
        for got in linked.received
        if got.path.startswith(("/attachments", "/tickets/"))
    }
    assert len(tokens) == 1


async def test_a_link_that_ended_shows_nothing(visitor: Visitor, upstream: Upstream) -> None:
    upstream.refuses("POST", "/links/open", NotFound())
    for path in ("", "/thumbnail"):
        answer = await visitor.get(f"/t/abc/attachments/{PHOTO_ID.format(1)}{path}")
        assert answer.status_code == 404
    answer = await visitor.as_stranger().post("/t/abc/feedback", score="5")
    assert answer.status_code == 404


@pytest.mark.parametrize("path", ["", "/thumbnail"])
async def test_a_photo_comes_through_with_what_keeps_it_harmless(
    visitor: Visitor, upstream: Upstream, path: str
) -> None:
    content = bytes(range(256)) * 4_000

    def give(_: Received) -> web.Response:
        return web.Response(body=content, content_type="image/jpeg", headers=FILE_HEADERS)

    upstream.calls("GET", f"/attachments/{PHOTO_ID.format(1)}{path}", give)
    for who in (visitor.as_customer, visitor.as_agent):
        for prefix in ("", "/api/v1"):
            answer = await who().get(f"{prefix}/attachments/{PHOTO_ID.format(1)}{path}")
            assert answer.status_code == 200
            assert answer.content == content
            assert answer.headers["content-type"] == "image/jpeg"
            assert answer.headers["content-length"] == str(len(content))
            for name, value in FILE_HEADERS.items():
                assert answer.headers.get_list(name) == [value]


async def test_somebody_elses_photo_looks_like_an_unknown_one(
    visitor: Visitor, upstream: Upstream
) -> None:
    upstream.refuses("GET", "/attachments/.*1", NotFound())
    upstream.refuses("GET", "/attachments/.*x", Invalid())
    answers = [await visitor.as_customer().get(f"/attachments/{id_}") for id_ in ("abc1", "abcx")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert without_nonce(answers[0].text) == without_nonce(answers[1].text)
    upstream.refuses("GET", "/attachments/.*1", NotFound())
    called = await visitor.call("GET", "/attachments/abc1")
    assert (called.status_code, called.json()["type"]) == (404, "urn:tanggap:not-found")


async def test_strangers_are_sent_to_the_login(visitor: Visitor) -> None:
    answer = await visitor.get(f"/attachments/{PHOTO_ID.format(1)}")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login")


async def test_while_the_store_is_away_a_photo_says_so(
    visitor: Visitor, upstream: Upstream
) -> None:
    upstream.refuses("GET", "/attachments/.*", FilesUnavailable())
    visitor.as_customer()
    assert (await visitor.get("/attachments/abc1")).status_code == 503
    answer = await visitor.call("GET", "/attachments/abc1")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")


async def call_upload(visitor: Visitor, content: bytes, **headers: str) -> httpx.Response:
    return await visitor.client.post(
        "/api/v1/attachments",
        files={"file": ("modem.jpg", content, "image/jpeg")},
        headers={"X-CSRF-Token": visitor.csrf_token, **headers},
    )


@pytest.mark.usefixtures("store")
async def test_the_api_takes_a_photo_of_any_size_that_a_photo_may_have(
    visitor: Visitor, upstream: Upstream
) -> None:
    visitor.as_customer()
    for size in (10, 2_000_000):
        answer = await call_upload(visitor, b"x" * size, **{"Idempotency-Key": f"k{size}"})
        assert answer.status_code == 201
        got = upstream.last("POST", "/attachments")
        assert b"x" * size in got.body
        assert got.headers["Idempotency-Key"] == f"k{size}"
        assert got.headers["Content-Type"].startswith("multipart/form-data; boundary=")


@pytest.mark.usefixtures("store")
async def test_the_api_refuses_more_than_a_photo_may_have_and_other_routes_more_than_before(
    visitor: Visitor, upstream: Upstream
) -> None:
    visitor.as_customer()
    assert (await call_upload(visitor, bytes(30_000_000))).status_code == 413
    large = await visitor.client.post(
        "/api/v1/tickets", content=bytes(2_000_000), headers={"X-CSRF-Token": visitor.csrf_token}
    )
    assert large.status_code == 413
    assert not upstream.all("POST", ".*tickets|.*attachments")

    async def endless() -> Any:
        while True:
            yield bytes(1_000_000)

    answer = await visitor.client.post(
        "/api/v1/attachments",
        content=endless(),
        headers={"X-CSRF-Token": visitor.csrf_token, "Content-Type": "multipart/form-data"},
    )
    assert answer.status_code == 413


@pytest.mark.usefixtures("store")
async def test_an_upload_needs_the_form_token(visitor: Visitor, upstream: Upstream) -> None:
    answer = await call_upload(visitor.as_customer(), b"x", **{"X-CSRF-Token": "wrong"})
    assert answer.status_code == 403
    assert not upstream.all("POST", "/attachments")


async def test_a_rating_is_sent_as_a_number_with_its_words(
    visitor: Visitor, upstream: Upstream
) -> None:
    path = f"/tickets/{samples.NUMBER}/feedback"
    upstream.answers("POST", path, samples.ticket())
    answer = await visitor.as_customer().post(path, score="4", comment=" Cepat ", version="3")
    assert answer.headers["location"] == f"/tickets/{samples.NUMBER}?done=rated"
    got = upstream.last("POST", path)
    assert got.json() == {"score": 4, "comment": "Cepat"}
    assert "If-Match" not in got.headers


async def test_a_link_rates(visitor: Visitor, linked: Upstream) -> None:
    linked.answers("POST", "/tickets/.*/feedback", samples.ticket())
    answer = await visitor.as_stranger().post("/t/abc/feedback", score="5")
    assert (answer.status_code, answer.headers["location"]) == (303, "/t/abc?done=rated")


async def test_a_rating_without_a_score_says_so_beside_the_stars_and_keeps_the_words(
    visitor: Visitor, upstream: Upstream
) -> None:
    path = f"/tickets/{samples.NUMBER}/feedback"
    upstream.answers("GET", "/tickets/[0-9-]+", samples.ticket(status="solved", verbs=["rate"]))
    upstream.refuses("POST", path, Invalid(FieldError("/score", "Field required", "missing")))
    answer = await visitor.as_customer().post(path, comment="Cepat sekali")
    assert answer.status_code == 422
    assert 'id="score-error"' in answer.text
    assert "Cepat sekali" in answer.text


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    ("path", "field"), [("/tickets/new", "photos"), ("/api/v1/attachments", "file")]
)
async def test_a_connection_that_breaks_in_the_middle_leaves_nothing_and_the_next_try_works(
    visitor: Visitor, portal: Portal, upstream: Upstream, path: str, field: str
) -> None:
    visitor.as_customer()
    whole = visitor.client.build_request(
        "POST",
        path,
        data={"csrf_token": visitor.csrf_token, "submission_id": "form-1", **REPORT},
        files={field: ("modem.jpg", bytes(100_000), "image/jpeg")},
        headers={"X-CSRF-Token": visitor.csrf_token, "Idempotency-Key": "k1"},
    )
    half = whole.read()[:50_000]
    told = iter(
        [{"type": "http.request", "body": half, "more_body": True}, {"type": "http.disconnect"}]
    )

    async def receive() -> Any:
        return next(told)

    async def send_nowhere(_: Any) -> None:
        """Nobody is there any more."""

    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.lower(), value) for name, value in whole.headers.raw],
        "client": ("127.0.0.1", 1),
    }
    await public_app(portal)(scope, receive, send_nowhere)
    assert not upstream.all("POST", "/attachments|/tickets")
    again = await visitor.client.send(whole)
    assert again.status_code in (201, 303)
    assert len(upstream.all("POST", "/attachments")) == 1

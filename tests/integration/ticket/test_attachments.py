"""Photos: uploaded, named by a message, seen by those who see the message, removed when nobody sent them."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from typing import Any, BinaryIO
from uuid import UUID

import httpx
import pytest

from shared import images
from shared.auth import Actor
from shared.errors import Unavailable
from shared.files import FileIsGone, Files, FilesUnavailable
from shared.images import MAX_BYTES
from shared.permissions import Permission
from shared.uploads import AT_ONCE
from tests import photos
from tests.builders import staff
from tests.fixtures.buckets import BUCKET, aws_variables
from tests.fixtures.environment import NOWHERE, process_of, service_named
from tests.integration.ticket.conftest import REPORT, Desk, Problem
from ticket_service.attachments.clock import remove_orphans


@pytest.fixture
def desk(desk: Desk, files_url: str) -> Desk:
    """The desk with an empty store of files, once a folder and once a bucket."""
    desk.api.app.state.files = Files.at(files_url)
    return desk


async def upload(
    desk: Desk,
    content: bytes | None = None,
    actor: Actor | None = None,
    name: str = "modem.jpg",
    key: str | None = None,
) -> httpx.Response:
    token = desk.api.tokens.token_for(actor or desk.siti, "ticket-service")
    headers = {"Authorization": f"Bearer {token}"} | ({"Idempotency-Key": key} if key else {})
    file = (name, photos.photo() if content is None else content, "image/jpeg")
    return await desk.api.client.post("/attachments", files={"file": file}, headers=headers)


async def uploaded(desk: Desk, actor: Actor | None = None) -> str:
    answer = await upload(desk, actor=actor)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def seen(desk: Desk, attachment_id: str, actor: Actor) -> tuple[int, int]:
    whole = await desk.api.get(f"/attachments/{attachment_id}", actor)
    small = await desk.api.get(f"/attachments/{attachment_id}/thumbnail", actor)
    return whole.status_code, small.status_code


def link_of(desk: Desk, ticket: dict[str, Any]) -> Actor:
    return Actor(desk.siti.id, "link", link=UUID(ticket["id"]))


async def rows(desk: Desk) -> int:
    async with desk.api.db.read() as connection:
        count: int = await connection.fetchval("SELECT count(*) FROM attachment")
    return count


async def test_a_photo_goes_with_the_report_and_comes_back_clean(desk: Desk) -> None:
    answer = await upload(desk, photos.photo_with_place(6), name="Foto Modem.PNG")
    made = answer.json()
    assert answer.status_code == 201
    assert made == {
        "id": made["id"],
        "name": "Foto Modem.jpg",
        "media_type": "image/jpeg",
        "size": made["size"],
        "width": 48,
        "height": 64,
    }
    ticket = await desk.report(attachment_ids=[made["id"]])
    assert ticket["attachments"] == [made]
    page = await desk.api.get(f"/tickets/{ticket['number']}", desk.siti, expand="messages")
    assert page.json()["attachments"] == [made]
    whole = await desk.api.get(f"/attachments/{made['id']}", desk.siti)
    assert len(whole.content) == made["size"]
    assert b"Rahasia" not in whole.content
    assert whole.headers["content-type"] == "image/jpeg"
    assert whole.headers["content-disposition"].startswith('attachment; filename="Foto Modem.jpg"')
    small = await desk.api.get(f"/attachments/{made['id']}/thumbnail", desk.siti)
    assert (small.headers["content-type"], small.headers["content-disposition"]) == (
        "image/webp",
        "inline",
    )
    for file in (whole, small):
        assert file.headers["x-content-type-options"] == "nosniff"
        assert file.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert file.headers["cache-control"] == "no-store"


async def test_replies_and_notes_carry_photos_of_their_own(desk: Desk) -> None:
    opening, shown, hidden = [
        await uploaded(desk),
        await uploaded(desk),
        await uploaded(desk, desk.agent),
    ]
    ticket = await desk.report(attachment_ids=[opening])
    reply = await desk.does("replies", ticket, desk.siti, body="Ini", attachment_ids=[shown])
    await desk.does("notes", ticket, body="Lihat", attachment_ids=[hidden])
    assert [a["id"] for a in reply.json()["message"]["attachments"]] == [shown]
    path = f"/tickets/{ticket['number']}"
    for actor, expected in ((desk.siti, [[shown]]), (desk.agent, [[shown], [hidden]])):
        page = (await desk.api.get(path, actor, expand="messages")).json()
        listed = (await desk.api.get(f"{path}/messages", actor)).json()["items"]
        for messages in (page["messages"], listed):
            assert [[a["id"] for a in m["attachments"]] for m in messages] == expected
        assert [a["id"] for a in page["attachments"]] == [opening]


async def test_a_late_reply_takes_its_photos_into_the_follow_up(desk: Desk) -> None:
    ticket, photo = await desk.report(), await uploaded(desk)
    await desk.does("close", ticket)
    reply = await desk.does("replies", ticket, desk.siti, body="Mati lagi", attachment_ids=[photo])
    number = reply.json()["number"]
    assert number != ticket["number"]
    page = (await desk.api.get(f"/tickets/{number}", desk.siti, expand="messages")).json()
    assert [a["id"] for a in page["messages"][0]["attachments"]] == [photo]
    assert await seen(desk, photo, link_of(desk, ticket)) == (404, 404)


async def test_an_agent_writes_down_a_caller_with_photos(desk: Desk) -> None:
    photo = await uploaded(desk, desk.agent)
    body = REPORT | {"requester_id": str(desk.siti.id), "attachment_ids": [photo]}
    answer = await desk.api.post("/tickets/for-caller", body, desk.agent)
    assert [a["id"] for a in answer.json()["attachments"]] == [photo]
    assert await seen(desk, photo, desk.siti) == (200, 200)


async def test_events_say_how_many_and_nothing_else(desk: Desk) -> None:
    first, second = await uploaded(desk), await uploaded(desk)
    ticket = await desk.report(attachment_ids=[first])
    await desk.does("replies", ticket, desk.siti, body="Ini", attachment_ids=[second])
    async with desk.api.db.read() as connection:
        statement = "SELECT payload FROM outbox WHERE type LIKE 'ticket.%'"
        texts = [row["payload"] for row in await connection.fetch(statement)]
    assert [json.loads(text)["attachment_count"] for text in texts] == [1, 1]
    assert not any(id_ in text or "modem" in text for text in texts for id_ in (first, second))


async def test_a_photo_that_was_not_sent_is_seen_by_its_uploader_alone(desk: Desk) -> None:
    mine = await uploaded(desk)
    assert await seen(desk, mine, desk.siti) == (200, 200)
    for other in (desk.joko, desk.agent):
        assert await seen(desk, mine, other) == (404, 404)


async def test_a_sent_photo_is_seen_by_those_who_see_the_ticket(desk: Desk) -> None:
    photo = await uploaded(desk)
    ticket = await desk.report(attachment_ids=[photo])
    other = await desk.report()
    technician = staff(Permission.TICKET_READ_TEAM, teams=(desk.team.id,))
    for actor, status in (
        (desk.siti, 200),
        (desk.agent, 200),
        (link_of(desk, ticket), 200),
        (link_of(desk, other), 404),
        (desk.joko, 404),
        (staff(), 404),
        (technician, 404),
    ):
        assert await seen(desk, photo, actor) == (status, status)
    await desk.does("assign", ticket, team_id=str(desk.team.id))
    assert await seen(desk, photo, technician) == (200, 200)


async def test_the_photo_of_a_note_is_for_staff(desk: Desk) -> None:
    photo = await uploaded(desk, desk.agent)
    ticket = await desk.report()
    await desk.does("notes", ticket, body="Lihat ini", attachment_ids=[photo])
    for actor, status in ((desk.agent, 200), (desk.siti, 404), (link_of(desk, ticket), 404)):
        assert await seen(desk, photo, actor) == (status, status)


async def test_a_foreign_photo_answers_exactly_like_an_unknown_one(desk: Desk) -> None:
    photo = await uploaded(desk)
    await desk.report(attachment_ids=[photo])
    for path in ("", "/thumbnail"):
        foreign = await desk.api.get(f"/attachments/{photo}{path}", desk.joko)
        unknown = await desk.api.get(f"/attachments/{UUID(int=1)}{path}", desk.joko)
        assert foreign.status_code == unknown.status_code == 404
        assert foreign.content == unknown.content


async def test_photos_stay_visible_after_a_merge_and_go_out_of_sight_with_a_deleted_ticket(
    desk: Desk,
) -> None:
    photo, into = await uploaded(desk), await desk.report()
    ticket = await desk.report(attachment_ids=[photo])
    await desk.does("merge", ticket, into=into["number"])
    page = (await desk.api.get(f"/tickets/{ticket['number']}", desk.siti)).json()
    assert [a["id"] for a in page["attachments"]] == [photo]
    assert await seen(desk, photo, desk.siti) == (200, 200)
    await desk.api.delete(f"/tickets/{ticket['number']}", {"reason": "ganda"}, desk.agent)
    assert await seen(desk, photo, desk.siti) == (404, 404)
    assert await seen(desk, photo, desk.agent) == (200, 200)
    await desk.does("restore", ticket)
    assert await seen(desk, photo, desk.siti) == (200, 200)


async def test_a_signed_link_uploads_for_its_ticket(desk: Desk) -> None:
    ticket = await desk.report()
    link = link_of(desk, ticket)
    photo = await uploaded(desk, link)
    assert await seen(desk, photo, link) == (200, 200)
    assert await seen(desk, photo, desk.siti) == (404, 404)
    answer = await desk.does("replies", ticket, link, body="Ini", attachment_ids=[photo])
    assert answer.status_code == 201
    assert await seen(desk, photo, desk.siti) == (200, 200)


async def test_whoever_holds_a_link_cannot_take_what_its_owner_uploaded(desk: Desk) -> None:
    ticket, photo = await desk.report(), await uploaded(desk)
    link = link_of(desk, ticket)
    assert await seen(desk, photo, link) == (404, 404)
    answer = await desk.does("replies", ticket, link, body="Ini", attachment_ids=[photo])
    assert answer.status_code == 422


@pytest.mark.parametrize("whose", ["somebody else's", "already sent", "unknown", "one of two"])
async def test_only_own_unsent_uploads_can_be_named(desk: Desk, whose: str) -> None:
    ids = {
        "somebody else's": [await uploaded(desk, desk.joko)],
        "already sent": [await uploaded(desk)],
        "unknown": [str(UUID(int=1))],
        "one of two": [await uploaded(desk), str(UUID(int=1))],
    }[whose]
    if whose == "already sent":
        await desk.report(attachment_ids=ids)
    ticket = await desk.report()
    before = await desk.events_of(ticket)
    place = len(ids) - 1
    for answer in (
        await desk.does("replies", ticket, desk.siti, body="Ini", attachment_ids=ids),
        await desk.api.post("/tickets", REPORT | {"attachment_ids": ids}, desk.siti),
    ):
        assert answer.status_code == 422
        (error,) = answer.json()["errors"]
        assert (error["pointer"], error["code"]) == (
            f"/attachment_ids/{place}",
            "unknown_attachment",
        )
    assert await desk.events_of(ticket) == before
    if whose == "one of two":
        await desk.report(attachment_ids=ids[:1])


async def test_one_photo_named_by_two_messages_at_once_goes_with_one_of_them(desk: Desk) -> None:
    ticket, photo = await desk.report(), await uploaded(desk)
    answers = await asyncio.gather(
        *(
            desk.does("replies", ticket, desk.siti, body=f"Ini {n}", attachment_ids=[photo])
            for n in range(2)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, 422]


async def test_a_message_takes_five_photos_each_once(desk: Desk) -> None:
    six = [await uploaded(desk) for _ in range(6)]
    for ids, code in ((six, "too_long"), ([six[0], six[0]], "attachment_named_twice")):
        answer = await desk.api.post("/tickets", REPORT | {"attachment_ids": ids}, desk.siti)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["code"] == code
    assert len((await desk.report(attachment_ids=six[:5]))["attachments"]) == 5


@pytest.mark.parametrize(
    ("content", "slug", "status"),
    [
        (photos.TEXT, "not-a-photo", 422),
        (photos.SVG, "not-a-photo", 422),
        (photos.HTML, "not-a-photo", 422),
        (photos.damaged(), "not-a-photo", 422),
        (b"", "not-a-photo", 422),
        (photos.pixel_bomb(), "photo-too-detailed", 413),
        (photos.photo() + bytes(MAX_BYTES), "photo-too-large", 413),
        (bytes(30_000_000), "too-large", 413),
    ],
)
async def test_what_is_no_photo_is_refused_and_leaves_nothing(
    desk: Desk, problem: Problem, content: bytes, slug: str, status: int
) -> None:
    answer = await upload(desk, content, name="modem.jpg")
    assert (answer.status_code, problem(answer)) == (status, slug)
    assert await rows(desk) == 0


async def test_a_file_that_is_two_things_is_served_as_a_picture_only(desk: Desk) -> None:
    made = (await upload(desk, photos.polyglot())).json()
    whole = await desk.api.get(f"/attachments/{made['id']}", desk.siti)
    assert b"script" not in whole.content
    assert whole.headers["content-type"] == "image/jpeg"


async def test_an_upload_without_a_file_says_what_is_missing(desk: Desk) -> None:
    token = desk.api.tokens.token_for(desk.siti, "ticket-service")
    for body in ({"data": {"x": "1"}}, {"json": {"file": "x"}}, {"content": b"--x"}):
        answer = await desk.api.client.post(
            "/attachments", headers={"Authorization": f"Bearer {token}"}, **body
        )
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/file"


async def test_the_same_upload_again_is_the_same_photo(desk: Desk, problem: Problem) -> None:
    first = await upload(desk, key="form-1.a")
    again = await upload(desk, key="form-1.a")
    assert (again.status_code, again.json()) == (201, first.json())
    other = await upload(desk, photos.photo(colour="blue"), key="form-1.a")
    assert (other.status_code, problem(other)) == (422, "key-reused")
    elsewhere = await upload(desk, actor=desk.joko, key="form-1.a")
    assert elsewhere.json()["id"] != first.json()["id"]


async def test_an_upload_that_was_answered_is_not_decoded_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def not_again(_: object) -> None:
        raise AssertionError

    first = await upload(desk, key="form-1.a")
    monkeypatch.setattr("ticket_service.attachments.routes.read_photo", not_again)
    assert (await upload(desk, key="form-1.a")).json() == first.json()


async def test_of_the_same_upload_twice_at_once_one_row_and_its_objects_are_left(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, both_decoded = images.read_photo, asyncio.Barrier(2)
    kept: list[str] = []

    async def read_both(file: BinaryIO) -> images.Photo:
        photo = await real(file)
        await both_decoded.wait()
        return photo

    class Watched(Files):
        async def put(self, key: str, content: bytes) -> None:
            kept.append(key)
            await super().put(key, content)

    files: Files = desk.api.app.state.files
    desk.api.app.state.files = Watched(files._store)
    monkeypatch.setattr("ticket_service.attachments.routes.read_photo", read_both)
    one, other = await asyncio.gather(upload(desk, key="form-1"), upload(desk, key="form-1"))
    assert one.json() == other.json()
    assert await seen(desk, one.json()["id"], desk.siti) == (200, 200)
    (left,) = [key async for key in _keys(desk)]
    assert len(kept) == 4
    for key in kept:
        if not key.startswith(left):
            with pytest.raises(FileIsGone):
                await files.get(key)


async def test_while_the_store_is_away_uploads_wait_and_tickets_do_not(
    desk: Desk, problem: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, here = await uploaded(desk), desk.api.app.state.files
    for name, value in aws_variables(f"http://{NOWHERE}").items():
        monkeypatch.setenv(name, value)
    desk.api.app.state.files = Files.at(f"s3://{BUCKET}/away")
    answer = await upload(desk, key="form-1.a")
    assert (answer.status_code, problem(answer)) == (503, "files-unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert await seen(desk, kept, desk.siti) == (503, 503)
    ticket = await desk.report(attachment_ids=[kept])
    desk.api.app.state.files = here
    assert (await upload(desk, key="form-1.a")).status_code == 201
    assert await seen(desk, ticket["attachments"][0]["id"], desk.siti) == (200, 200)


async def test_nobody_fills_the_store_with_photos_that_are_never_sent(
    desk: Desk, problem: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ticket_service.attachments.handlers.MAX_WAITING", 2)
    sent = [await uploaded(desk), await uploaded(desk)]
    answer = await upload(desk)
    assert (answer.status_code, problem(answer)) == (429, "too-many-waiting-uploads")
    assert (await upload(desk, actor=desk.joko)).status_code == 201
    await desk.report(attachment_ids=sent)
    assert (await upload(desk)).status_code == 201


async def test_an_upload_that_came_to_nothing_waits_for_no_message(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ticket_service.attachments.handlers.MAX_WAITING", 1)
    await uploaded(desk)
    async with desk.api.db.transaction() as tx:
        await tx.execute(
            "UPDATE attachment SET stored_at = NULL, created_at = now() - interval '11 minutes'"
        )
    assert (await upload(desk)).status_code == 201


async def test_nobody_uploads_more_than_so_many_photos_a_day_sent_or_not(
    desk: Desk, problem: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ticket_service.attachments.handlers.MAX_A_DAY", 2)
    await desk.report(attachment_ids=[await uploaded(desk), await uploaded(desk)])
    answer = await upload(desk)
    assert (answer.status_code, problem(answer)) == (429, "too-many-uploads-today")
    for _ in range(3):
        assert (await upload(desk, actor=desk.agent)).status_code == 201
    async with desk.api.db.transaction() as tx:
        await tx.execute("UPDATE attachment SET created_at = now() - interval '25 hours'")
    assert (await upload(desk)).status_code == 201


async def test_more_uploads_at_once_than_fit_are_refused_before_their_bytes_are_read(
    desk: Desk, problem: Problem
) -> None:
    token = desk.api.tokens.token_for(desk.siti, "ticket-service")
    kind = "multipart/form-data; boundary=x"
    headers = {"Authorization": f"Bearer {token}", "Content-Type": kind}
    may_go_on, all_there, there = asyncio.Event(), asyncio.Event(), 0

    async def slowly() -> AsyncIterator[bytes]:
        nonlocal there
        there += 1
        if there == AT_ONCE:
            all_there.set()
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
        await may_go_on.wait()
        yield photos.photo() + b"\r\n--x--\r\n"

    async def unread() -> AsyncIterator[bytes]:
        raise AssertionError
        yield b""

    client = desk.api.client
    async with asyncio.TaskGroup() as group:
        running = [
            group.create_task(client.post("/attachments", content=slowly(), headers=headers))
            for _ in range(AT_ONCE)
        ]
        await all_there.wait()
        refused = await client.post("/attachments", content=unread(), headers=headers)
        assert (refused.status_code, problem(refused)) == (503, "too-many-photos-at-once")
        await desk.report()
        may_go_on.set()
    assert {task.result().status_code for task in running} == {201}
    assert (await upload(desk)).status_code == 201


async def _keys(desk: Desk) -> AsyncIterator[str]:
    async with desk.api.db.read() as connection:
        for row in await connection.fetch("SELECT storage_key FROM attachment ORDER BY id"):
            yield row["storage_key"]


async def test_what_nobody_sent_within_a_day_is_removed_and_nothing_else(desk: Desk) -> None:
    files: Files = desk.api.app.state.files
    old, fresh, sent = [await uploaded(desk) for _ in range(3)]
    keys = [key async for key in _keys(desk)]
    await desk.report(attachment_ids=[sent])
    async with desk.api.db.transaction() as tx:
        await tx.execute(
            "UPDATE attachment SET created_at = now() - interval '25 hours' WHERE id = ANY($1)",
            [UUID(old), UUID(sent)],
        )
        # The process died before the objects were there, or before it could say so.
        await tx.execute(
            """
            INSERT INTO attachment (id, storage_key, uploader_id, name, media_type, size, width,
                                    height, created_at)
            VALUES ($1, 'attachments/00/never', $2, 'x.jpg', 'image/jpeg', 1, 1, 1,
                    now() - interval '25 hours')
            """,
            UUID(int=7),
            desk.siti.id,
        )
    process = process_of(service_named("ticket"), desk.api.db)
    assert await remove_orphans(process, files) == 2
    assert await remove_orphans(process, files) == 0
    for key, is_there in zip(keys, (False, True, True), strict=True):
        for name in (key, key + "-thumbnail"):
            if is_there:
                assert await files.get(name)
            else:
                with pytest.raises(FileIsGone):
                    await files.get(name)
    assert await seen(desk, old, desk.siti) == (404, 404)
    assert await seen(desk, fresh, desk.siti) == (200, 200)
    assert await rows(desk) == 2


async def test_what_could_not_be_removed_is_tried_again_and_meanwhile_given_to_nobody(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    files: Files = desk.api.app.state.files
    old = await uploaded(desk)
    async with desk.api.db.transaction() as tx:
        await tx.execute("UPDATE attachment SET created_at = now() - interval '25 hours'")
    for name, value in aws_variables(f"http://{NOWHERE}").items():
        monkeypatch.setenv(name, value)
    process = process_of(service_named("ticket"), desk.api.db)
    with pytest.raises(Unavailable):
        await remove_orphans(process, Files.at(f"s3://{BUCKET}/away"))
    refused = await desk.api.post("/tickets", REPORT | {"attachment_ids": [old]}, desk.siti)
    assert refused.status_code == 422
    assert await remove_orphans(process, files) == 1
    assert await rows(desk) == 0


async def test_one_photo_that_cannot_be_removed_keeps_no_other_one(desk: Desk) -> None:
    files: Files = desk.api.app.state.files
    for _ in range(3):
        await uploaded(desk)
    stuck, *_ = [key async for key in _keys(desk)]
    async with desk.api.db.transaction() as tx:
        await tx.execute("UPDATE attachment SET created_at = now() - interval '25 hours'")

    class OneIsStuck(Files):
        async def delete(self, keys: Iterable[str]) -> None:
            given = list(keys)
            if stuck in given:
                raise FilesUnavailable
            await super().delete(given)

    process = process_of(service_named("ticket"), desk.api.db)
    assert await remove_orphans(process, OneIsStuck(files._store)) == 2
    assert [key async for key in _keys(desk)] == [stuck]
    assert await remove_orphans(process, files) == 1
    assert await rows(desk) == 0


async def test_an_actor_without_the_right_to_note_cannot_place_a_photo_there(desk: Desk) -> None:
    almost = replace(desk.agent, perms=desk.agent.perms - {"ticket.note"})
    photo = await uploaded(desk, almost)
    ticket = await desk.report()
    answer = await desk.does("notes", ticket, almost, body="x", attachment_ids=[photo])
    assert answer.status_code == 403

"""Applying events: each once, in order, none lost, whatever comes when."""

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest

from shared.db import Tx
from shared.errors import Unavailable
from shared.events import ticket
from shared.events.base import Envelope
from shared.ids import uuid7
from shared.inbox import Inbox, Record
from tests.builders import TicketStory, envelope, event, record
from tests.fixtures.feeding import feed
from tests.integration.shared.conftest import Ledger


def story(length: int = 4) -> tuple[TicketStory, list[Envelope]]:
    told = TicketStory()
    return told, [told.created(), *(told.replied() for _ in range(length - 1))]


async def progress(ledger: Ledger, aggregate_id: UUID) -> tuple[int, bool]:
    rows = await ledger.rows(
        "SELECT last_version, is_blocked FROM consumed WHERE aggregate_id = $1", aggregate_id
    )
    return (rows[0]["last_version"], rows[0]["is_blocked"]) if rows else (0, False)


async def test_events_are_applied_in_order_and_once(ledger: Ledger) -> None:
    told, events = story()
    assert await feed(ledger.inbox, events) == ["applied"] * 4
    assert await feed(ledger.inbox, events) == ["skipped"] * 4
    assert await ledger.versions(told.ticket.id) == [1, 2, 3, 4]


async def test_an_event_before_its_turn_is_parked_until_the_gap_closes(ledger: Ledger) -> None:
    told, (one, two, three, four) = story()
    assert await feed(ledger.inbox, [three, two, four]) == ["parked"] * 3
    assert await ledger.versions(told.ticket.id) == []
    assert await feed(ledger.inbox, [one]) == ["applied"]
    assert await ledger.versions(told.ticket.id) == [1, 2, 3, 4]
    assert await ledger.count("parked") == 0


async def test_the_first_event_seen_of_an_aggregate_is_not_taken_for_its_first(
    ledger: Ledger,
) -> None:
    told, events = story()
    assert await feed(ledger.inbox, [events[2]]) == ["parked"]
    assert await ledger.versions(told.ticket.id) == []


async def test_a_parked_event_that_comes_again_is_kept_once(ledger: Ledger) -> None:
    _, events = story()
    assert await feed(ledger.inbox, [events[1], events[1]]) == ["parked"] * 2
    assert await ledger.count("parked") == 1


async def test_an_event_that_nobody_handles_only_takes_its_turn(ledger: Ledger) -> None:
    told = TicketStory()
    events = [told.created(), told.updated(subject="lain"), told.replied()]
    assert await feed(ledger.inbox, events) == ["applied", "ignored", "applied"]
    assert await ledger.versions(told.ticket.id) == [1, 3]


async def test_what_waited_for_an_event_that_nobody_handles_goes_on_at_once(
    ledger: Ledger,
) -> None:
    told = TicketStory()
    one, two, three = told.created(), told.updated(subject="lain"), told.replied()
    assert await feed(ledger.inbox, [one, three, two]) == ["applied", "parked", "ignored"]
    assert await ledger.versions(told.ticket.id) == [1, 3]


async def test_an_unknown_type_only_takes_its_turn(ledger: Ledger) -> None:
    told = TicketStory()
    one, two, three = told.created(), told.replied(), told.replied()
    strange = replace(two, type="ticket.sang")
    assert await feed(ledger.inbox, [one, strange, three]) == ["applied", "ignored", "applied"]


async def test_two_processes_with_the_same_events_apply_each_once(ledger: Ledger) -> None:
    stories = [story(6) for _ in range(10)]
    events = [e for _, told in stories for e in told]
    await asyncio.gather(*(feed(ledger.inbox, events) for _ in range(4)))
    for told, _ in stories:
        assert await ledger.versions(told.ticket.id) == [1, 2, 3, 4, 5, 6]


async def test_consumers_of_one_database_do_not_disturb_each_other(ledger: Ledger) -> None:
    told, events = story(2)
    other = Inbox(ledger.db, "other", ledger.handlers)
    assert await feed(ledger.inbox, events) == ["applied"] * 2
    assert await feed(other, events) == ["applied"] * 2
    assert await ledger.versions(told.ticket.id) == [1, 2, 1, 2]


async def test_a_gap_that_is_given_up_is_stepped_over(ledger: Ledger) -> None:
    told, (one, two, _, four) = story()
    five = told.replied()
    await feed(ledger.inbox, [one, two, four, five])
    assert await ledger.versions(told.ticket.id) == [1, 2]
    await ledger.inbox.give_up_gap(told.ticket.id)
    assert await ledger.versions(told.ticket.id) == [1, 2, 4, 5]


async def test_an_event_from_a_gap_that_was_given_up_is_too_late(ledger: Ledger) -> None:
    told, (one, two, three, four) = story()
    await feed(ledger.inbox, [one, two, four])
    await ledger.inbox.give_up_gap(told.ticket.id)
    assert await feed(ledger.inbox, [three]) == ["skipped"]


async def test_giving_up_without_a_gap_changes_nothing(ledger: Ledger) -> None:
    told, events = story(2)
    await feed(ledger.inbox, events)
    await ledger.inbox.give_up_gap(told.ticket.id)
    await ledger.inbox.give_up_gap(uuid7())
    assert await progress(ledger, told.ticket.id) == (2, False)


class TestSnapshots:
    async def test_a_snapshot_stands_for_everything_before_it(self, ledger: Ledger) -> None:
        told, events = story()
        late = told.snapshot()
        assert await feed(ledger.inbox, [late, *events]) == ["applied", *["skipped"] * 4]
        five = told.replied()
        assert await feed(ledger.inbox, [five]) == ["applied"]
        assert await ledger.versions(told.ticket.id) == [4, 5]

    async def test_a_snapshot_of_the_present_version_is_applied(self, ledger: Ledger) -> None:
        told, events = story(2)
        assert (await feed(ledger.inbox, [*events, told.snapshot()]))[-1] == "applied"

    async def test_a_snapshot_that_is_behind_is_skipped(self, ledger: Ledger) -> None:
        told, events = story(2)
        behind = told.snapshot()
        three = told.replied()
        assert (await feed(ledger.inbox, [*events, three, behind]))[-1] == "skipped"
        assert await progress(ledger, told.ticket.id) == (3, False)

    async def test_a_snapshot_drops_what_was_parked_before_it_and_frees_what_follows(
        self, ledger: Ledger
    ) -> None:
        told = TicketStory()
        one = told.created()
        two, three = told.replied(), told.replied()
        at_three = told.snapshot()
        four = told.replied()
        six = [told.replied(), told.replied()][1]
        await feed(ledger.inbox, [two, three, four, six])
        assert await feed(ledger.inbox, [at_three]) == ["applied"]
        assert await ledger.versions(told.ticket.id) == [3, 4]
        assert [r["version"] for r in await ledger.rows("SELECT version FROM parked")] == [6]
        assert await feed(ledger.inbox, [one]) == ["skipped"]

    async def test_a_snapshot_supersedes_a_dead_letter_and_unblocks(self, ledger: Ledger) -> None:
        told, (one, two) = story(2)
        ledger.breaks_on.add(told.ticket.id)
        await feed(ledger.inbox, [one, two])
        assert await progress(ledger, told.ticket.id) == (0, True)
        ledger.breaks_on.clear()
        three = told.replied()
        await feed(ledger.inbox, [three])
        told.version -= 1
        assert await feed(ledger.inbox, [told.snapshot()]) == ["applied"]
        assert await ledger.versions(told.ticket.id) == [2, 3]
        assert await progress(ledger, told.ticket.id) == (3, False)
        assert await ledger.dead_letters() == []

    async def test_who_ignores_snapshots_misses_no_event_through_one(self, ledger: Ledger) -> None:
        """A snapshot may overtake the events it covers, for it travels in a topic of its own."""
        deaf = {k: v for k, v in ledger.handlers.items() if k is not ticket.TicketSnapshot}
        inbox = Inbox(ledger.db, "deaf", deaf)
        told, events = story(3)
        outcomes = await feed(inbox, [events[0], told.snapshot(), *events[1:]])
        assert outcomes == ["applied", "ignored", "applied", "applied"]
        assert await ledger.versions(told.ticket.id) == [1, 2, 3]

    async def test_a_dead_snapshot_blocks_nothing_and_never_turns_back_time(
        self, ledger: Ledger
    ) -> None:
        told, events = story(2)
        old = told.snapshot()
        ledger.breaks_on.add(told.ticket.id)
        assert await feed(ledger.inbox, [old]) == ["dead"]
        ledger.breaks_on.clear()
        three = told.replied()
        await feed(ledger.inbox, [*events, three])
        (dead,) = await ledger.dead_letters()
        assert await ledger.inbox.replay(dead["id"])
        assert await ledger.versions(told.ticket.id) == [1, 2, 3]
        assert await progress(ledger, told.ticket.id) == (3, False)
        assert await ledger.dead_letters() == []


class TestDeadLetters:
    async def test_what_a_handler_cannot_apply_is_kept_and_blocks_its_aggregate_alone(
        self, ledger: Ledger
    ) -> None:
        bad, bad_events = story(3)
        _, good_events = story(2)
        ledger.breaks_on.add(bad.ticket.id)
        assert await feed(ledger.inbox, bad_events) == ["dead", "parked", "parked"]
        assert await feed(ledger.inbox, good_events) == ["applied", "applied"]
        (dead,) = await ledger.dead_letters()
        assert (dead["aggregate_id"], dead["version"], dead["type"]) == (
            bad.ticket.id,
            1,
            "ticket.created",
        )
        assert dead["value"] == bad_events[0].data
        assert "Broken" in dead["error"]
        assert await progress(ledger, bad.ticket.id) == (0, True)

    async def test_a_replay_drains_in_order_and_unblocks(self, ledger: Ledger) -> None:
        told, (one, two, three, four) = story()
        ledger.breaks_on.add(told.ticket.id)
        await feed(ledger.inbox, [one, four, three, two])
        ledger.breaks_on.clear()
        (dead,) = await ledger.dead_letters()
        assert await ledger.inbox.replay(dead["id"])
        assert await ledger.versions(told.ticket.id) == [1, 2, 3, 4]
        assert await progress(ledger, told.ticket.id) == (4, False)
        assert await ledger.count("parked") == 0
        assert not await ledger.inbox.replay(dead["id"])

    async def test_a_replay_that_fails_again_is_counted_and_changes_nothing(
        self, ledger: Ledger
    ) -> None:
        told, events = story(2)
        ledger.breaks_on.add(told.ticket.id)
        await feed(ledger.inbox, events)
        (dead,) = await ledger.dead_letters()
        assert not await ledger.inbox.replay(dead["id"])
        (dead,) = await ledger.dead_letters()
        assert dead["attempts"] == 2
        assert await progress(ledger, told.ticket.id) == (0, True)

    async def test_a_parked_event_can_die_too(self, ledger: Ledger) -> None:
        told, (one, two, three) = story(3)
        await feed(ledger.inbox, [two, three])

        async def breaks_on_two(tx: Tx, e: Envelope, _: object) -> None:
            if e.sequence == 2:
                raise RuntimeError
            await ledger.write(tx, e, _)

        inbox = Inbox(ledger.db, ledger.name, dict.fromkeys(ledger.handlers, breaks_on_two))
        assert await feed(inbox, [one]) == ["applied"]
        (dead,) = await ledger.dead_letters()
        assert dead["version"] == 2
        assert await progress(ledger, told.ticket.id) == (1, True)
        assert await ledger.inbox.replay(dead["id"])
        assert await ledger.versions(told.ticket.id) == [1, 2, 3]

    async def test_a_dead_letter_that_comes_again_is_not_applied_twice(
        self, ledger: Ledger
    ) -> None:
        told, (one, two) = story(2)
        ledger.breaks_on.add(told.ticket.id)
        await feed(ledger.inbox, [one, two, one, two])
        ledger.breaks_on.clear()
        assert len(await ledger.dead_letters()) == 1
        for dead in await ledger.dead_letters():
            await ledger.inbox.replay(dead["id"])
        assert await ledger.versions(told.ticket.id) == [1, 2]
        assert await ledger.count("parked") == 0

    async def test_a_newer_version_of_an_event_is_read_for_what_is_known_of_it(
        self, ledger: Ledger
    ) -> None:
        told, (one,) = story(1)
        newer = replace(one, schema_version=9, data=one.data[:-1] + b',"added_later":{"x":1}}')
        assert await ledger.inbox.receive(record(newer)) == "applied"
        assert await ledger.versions(told.ticket.id) == [1]

    @pytest.mark.parametrize(
        "spoil",
        [
            {"ce_sequence": None},
            {"ce_sequence": b"seven"},
            {"ce_sequence": b"0"},
            {"ce_sequence": b"99999999999999999999999"},
            {"ce_subject": b"not-a-uuid"},
            {"ce_dataschema": b"urn:tanggap:schema:ticket.created:x"},
            {"ce_time": b"yesterday"},
            {"ce_id": b"\xff\xfe"},
            {"ce_source": b"null\x00byte"},
            {"traceparent": b"\x00"},
        ],
        ids=repr,
    )
    async def test_no_header_is_too_strange_to_be_kept(
        self, ledger: Ledger, spoil: dict[str, bytes | None]
    ) -> None:
        told, (one, two) = story(2)
        headers = {**dict(one.headers()), **spoil}
        spoilt = tuple((k, v) for k, v in headers.items() if v is not None)
        ledger.breaks_on.add(told.ticket.id)
        bad = Record("ticket.created", 0, 7, spoilt, one.data)
        assert await ledger.inbox.receive(bad) == "dead"
        assert len(await ledger.dead_letters()) == 1
        assert await ledger.inbox.receive(record(two)) in ("dead", "parked")

    @pytest.mark.parametrize(
        "value", [b"", b"null", b"[]", b"{", b'{"ticket": 1}', b"\xff\x00", b"\x00" * 100]
    )
    async def test_no_body_is_too_strange_to_be_kept(self, ledger: Ledger, value: bytes) -> None:
        _, (one, two) = story(2)
        outcomes = await feed(ledger.inbox, [replace(one, data=value), two])
        assert outcomes == ["dead", "parked"]
        (dead,) = await ledger.dead_letters()
        assert dead["value"] == value

    async def test_an_unreadable_record_that_comes_again_is_kept_once(self, ledger: Ledger) -> None:
        bad = Record("ticket.created", 3, 7, (("ce_id", b"?"),), b"{}")
        assert [await ledger.inbox.receive(bad) for _ in range(2)] == ["dead", "dead"]
        assert len(await ledger.dead_letters()) == 1
        assert not await ledger.inbox.replay((await ledger.dead_letters())[0]["id"])

    async def test_the_error_of_a_dead_letter_does_not_repeat_what_people_wrote(
        self, ledger: Ledger
    ) -> None:
        _, (one, _) = story(2)
        await feed(ledger.inbox, [replace(one, data=b'{"ticket": "RAHASIA"}')])
        (dead,) = await ledger.dead_letters()
        assert "RAHASIA" not in dead["error"]

    async def test_a_value_that_the_database_refuses_is_the_messages_fault(
        self, ledger: Ledger
    ) -> None:
        async def too_large(tx: Tx, e: Envelope, _: object) -> None:
            await tx.execute("SELECT $1::int", 2**40)

        async def too_few(tx: Tx, e: Envelope, _: object) -> None:
            await tx.execute("SELECT $1::int, $2::int", 1)

        for handler in (too_large, too_few):
            inbox = Inbox(ledger.db, "strict", dict.fromkeys(ledger.handlers, handler))
            assert await feed(inbox, story(1)[1]) == ["dead"]


class TestDependencies:
    async def test_a_dependency_that_is_away_leaves_nothing_behind(self, ledger: Ledger) -> None:
        told, (one, _) = story(2)

        async def away(tx: Tx, e: Envelope, _: object) -> None:
            await ledger.write(tx, e, _)
            raise Unavailable

        inbox = Inbox(ledger.db, ledger.name, dict.fromkeys(ledger.handlers, away))
        with pytest.raises(Unavailable):
            await feed(inbox, [one])
        assert await ledger.count() == 0
        assert await ledger.dead_letters() == []
        assert await feed(ledger.inbox, [one]) == ["applied"]
        assert await ledger.versions(told.ticket.id) == [1]

    async def test_a_deadlock_is_a_reason_to_try_again(self, ledger: Ledger) -> None:
        async def deadlocked(tx: Tx, _: Envelope, __: object) -> None:
            await tx.execute(
                "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'deadlock_detected'; END $$"
            )

        inbox = Inbox(ledger.db, "unlucky", dict.fromkeys(ledger.handlers, deadlocked))
        _, events = story(1)
        with pytest.raises(Unavailable):
            await feed(inbox, events)


async def test_a_contract_grows_without_hurting_older_readers(ledger: Ledger) -> None:
    told = TicketStory()
    body = event(ticket.TicketCreated, ticket=told.ticket).model_dump_json()
    grown = body[:-1] + ',"weather":"hujan"}'
    newer = replace(
        envelope(event(ticket.TicketCreated, ticket=told.ticket), 1, told.ticket.id),
        data=grown.encode(),
    )
    assert await feed(ledger.inbox, [newer]) == ["applied"]

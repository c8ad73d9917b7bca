"""Writing down what became of messages, with the events that say so."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from notify_service.intents import queries
from notify_service.intents.domain import Letter, Outcome, State
from shared import outbox
from shared.db import Tx
from shared.events.base import Event
from shared.events.notify import NotificationFailed, NotificationSent

_END: dict[State, Literal["failed", "expired", "unknown"]] = {
    "failed": "failed",
    "expired": "expired",
    "unknown": "unknown",
}


async def record(tx: Tx, owner: UUID, outcomes: Sequence[Outcome]) -> set[UUID]:
    """Record outcomes that are still this owner's to record; gives the ids of those.

    What became of a message to a phone stands here alone: it is a code or a warning, and no figure.
    """
    versions = await queries.record_outcomes(tx, owner, outcomes)
    ended = [o for o in outcomes if o.is_final and o.letter.id in versions]
    mails = [o for o in ended if o.letter.channel == "email"]
    held = [o.letter.id for o in ended if o.letter.was_held]
    if held:
        await queries.close_joined(tx, held)
    await outbox.add_all(
        tx,
        [(o.letter.id, versions[o.letter.id], _event(o), o.letter.notice.cause) for o in mails],
    )
    return set(versions)


def _event(outcome: Outcome) -> Event:
    letter, notice = outcome.letter, outcome.letter.notice
    if outcome.state == "sent":
        return NotificationSent(
            intent_id=letter.id,
            event_id=notice.event_id,
            event_type=notice.event_type,
            event_time=notice.happened_at,
            rule=letter.rule,
            channel="email",
            recipient_id=letter.recipient_id,
            sent_at=outcome.at,
        )
    return _failed(outcome, letter)


def _failed(outcome: Outcome, letter: Letter) -> NotificationFailed:
    return NotificationFailed(
        intent_id=letter.id,
        event_id=letter.notice.event_id,
        event_type=letter.notice.event_type,
        rule=letter.rule,
        channel="email",
        recipient_id=letter.recipient_id,
        state=_END[outcome.state],
        reason=outcome.error or outcome.code or "",
    )

"""All SQL of notices and intents."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from notify_service.intents.domain import Channel, Contact, Letter, Notice, Outcome, Policy
from notify_service.rules.domain import Telling
from shared.db import Row, Tx
from shared.tracing import Cause

LISTED_TOGETHER = 30

_INTENT = """
    i.id, i.event_id, n.event_type, i.rule, i.channel, i.state, i.recipient_id,
    coalesce(c.name, '') AS name, coalesce(i.address, c.email, '') AS email, i.attempts,
    i.is_repeat, i.mail_id, i.due_at, i.expires_at, i.error_code, i.error, i.created_at, i.sent_at,
    i.read_at, n.data ->> 'number' AS number, n.data ->> 'subject' AS subject
"""


async def insert_intents(
    tx: Tx, notice: Notice, tellings: Sequence[Telling], policy: Policy
) -> list[Row]:
    """Note an event and make its intents, each once; gives `rule, channel` of the new ones.

    An event that was noted before makes none, whoever may have joined its team since; neither do
    messages that their person has muted.
    An e-mail that may be joined leaves at once, or goes into the one that is held for its person
    and topic, or is the first to be held until the window of the earlier ones ends.
    """
    direct = [t for t in tellings if t.team_id is None]
    team = next((t for t in tellings if t.team_id is not None), None)
    return await tx.fetch(
        """
        WITH noticed AS (
            INSERT INTO notice (event_id, event_type, happened_at, ticket_id, request_id,
                                traceparent, data)
            VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING event_id
        ), told AS (
            SELECT rule, topic, at_once, recipient_id, switch
            FROM unnest($8::text[], $9::uuid[], $10::int[], $11::uuid[], $19::text[])
                t (rule, topic, at_once, recipient_id, switch)
            UNION ALL
            SELECT $12, $13::uuid, $14::int, id, $20 FROM contact
            WHERE kind = 'staff' AND is_active AND team_ids @> ARRAY[$15::uuid]
              AND id <> ALL($16::uuid[])
              AND NOT EXISTS (SELECT FROM team WHERE id = $15 AND NOT is_active)
        ), made AS MATERIALIZED (
            SELECT uuidv7() AS id, told.*, channel
            FROM noticed CROSS JOIN told CROSS JOIN unnest(ARRAY['email', 'in_app']) channel
            WHERE NOT EXISTS (
                SELECT FROM contact
                WHERE id = recipient_id AND channel || ':' || switch = ANY(muted))
        )
        INSERT INTO intent (id, event_id, rule, recipient_id, channel, ticket_id, state, mail_id,
                            topic, leaves_at, due_at, expires_at, error_code)
        SELECT made.id, $1, rule, recipient_id, channel, $4,
            CASE WHEN channel = 'in_app' THEN 'delivered'
                 WHEN old.is_too_old THEN 'expired'
                 WHEN held.id IS NOT NULL THEN 'joined'
                 ELSE 'pending' END,
            coalesce(held.id, made.id),
            CASE WHEN channel = 'email' THEN topic END,
            leaves.at,
            CASE WHEN channel = 'email' AND held.id IS NULL AND NOT old.is_too_old
                  AND (NOT c.is_active OR c.is_email_verified) THEN leaves.at END,
            $3 + make_interval(secs => $17),
            CASE WHEN channel = 'email' AND old.is_too_old THEN 'too_old' END
        FROM made
        CROSS JOIN (SELECT $3 + make_interval(secs => $17) < now() AS is_too_old) old
        LEFT JOIN contact c ON c.id = recipient_id
        LEFT JOIN LATERAL (
            SELECT i.id, i.leaves_at FROM intent i
            WHERE i.recipient_id = made.recipient_id AND i.topic = made.topic AND i.mail_id = i.id
              AND i.leaves_at > now() AND i.leaves_at > i.created_at
              AND i.state = 'pending' AND i.attempts = 0
            ORDER BY i.leaves_at DESC LIMIT 1 FOR SHARE
        ) held ON channel = 'email'
        LEFT JOIN LATERAL (
            SELECT i.leaves_at FROM intent i
            WHERE i.recipient_id = made.recipient_id AND i.topic = made.topic AND i.mail_id = i.id
            ORDER BY i.leaves_at DESC OFFSET made.at_once - 1 LIMIT 1
        ) earlier ON channel = 'email'
        CROSS JOIN LATERAL (
            SELECT coalesce(held.leaves_at,
                            greatest(now(), earlier.leaves_at + make_interval(secs => $18))) AS at
        ) leaves
        ON CONFLICT (event_id, rule, recipient_id, channel) DO NOTHING
        RETURNING rule, channel
        """,
        *_notice_columns(notice),
        [t.rule.name for t in direct],
        [t.topic for t in direct],
        [_at_once(t, policy) for t in direct],
        [t.recipient_id for t in direct],
        team.rule.name if team else "",
        team.topic if team else None,
        _at_once(team, policy) if team else 1,
        team.team_id if team else None,
        list(team.spared) if team else [],
        policy.give_up_seconds,
        policy.join_seconds,
        [t.rule.switch for t in direct],
        team.rule.switch if team else "",
    )


def _at_once(telling: Telling, policy: Policy) -> int:
    return policy.new_tickets_at_once if telling.rule.joining == "queue" else 1


def _notice_columns(notice: Notice) -> tuple[Any, ...]:
    return (
        notice.event_id,
        notice.event_type,
        notice.happened_at,
        notice.ticket_id,
        *notice.cause,
        notice.data,
    )


async def insert_account_intent(
    tx: Tx,
    notice: Notice,
    *,
    rule: str,
    recipient_id: UUID,
    address: str,
    expires_at: datetime,
    policy: Policy,
    channel: Channel = "email",
) -> list[Row]:
    """Note what concerns an account and make its one message; an unproven address has a budget.

    Numbers have theirs in identity-service, which sends codes to nobody who has not asked for one.
    """
    return await tx.fetch(
        """
        WITH noticed AS (
            INSERT INTO notice (event_id, event_type, happened_at, ticket_id, request_id,
                                traceparent, data)
            VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING
        )
        INSERT INTO intent (id, event_id, rule, recipient_id, channel, address, state, mail_id,
                            leaves_at, due_at, expires_at, error_code, error)
        SELECT id, $1, $8, $9, $13, $10,
            CASE WHEN is_over THEN 'expired' WHEN is_too_much THEN 'failed' ELSE 'pending' END,
            id, now(), CASE WHEN NOT is_over AND NOT is_too_much THEN now() END, $11,
            CASE WHEN is_over THEN 'too_old' WHEN is_too_much THEN 'budget' END,
            CASE WHEN is_over THEN 'Its time was over before it could be sent.'
                 WHEN is_too_much THEN 'This unproven address got enough messages today.' END
        FROM (SELECT uuidv7() AS id, $11 <= now() AS is_over,
                  $13 = 'email' AND NOT EXISTS (
                      SELECT FROM contact
                      WHERE id = $9 AND is_email_verified AND lower(email) = lower($10))
                  AND $12 <= (
                      SELECT count(*) FROM intent i
                      WHERE lower(i.address) = lower($10) AND i.state NOT IN ('failed', 'expired')
                        AND i.created_at > now() - interval '1 day') AS is_too_much) made
        ON CONFLICT (event_id, rule, recipient_id, channel) DO NOTHING
        RETURNING rule, channel
        """,
        *_notice_columns(notice),
        rule,
        recipient_id,
        address,
        expires_at,
        policy.unverified_mails_per_day,
        channel,
    )


async def release_held(tx: Tx, ticket_id: UUID, recipient_id: UUID) -> None:
    """Let what is held for a person about a ticket leave now, before a message that is never joined."""
    await tx.execute(
        """
        UPDATE intent SET leaves_at = greatest(now(), created_at + interval '1 us'),
            due_at = CASE WHEN due_at IS NOT NULL THEN now() END
        WHERE recipient_id = $2 AND topic = $1 AND mail_id = id
          AND leaves_at > now() AND state = 'pending' AND attempts = 0
        """,
        ticket_id,
        recipient_id,
    )


async def free_waiting(tx: Tx, recipient_id: UUID) -> None:
    """An address was proven, or quiet hours changed: what waited for that is due."""
    await tx.execute(
        """
        UPDATE intent i SET due_at = greatest(now(), i.leaves_at)
        FROM contact c
        WHERE c.id = $1 AND (NOT c.is_active OR c.is_email_verified)
          AND i.recipient_id = $1 AND i.state = 'pending'
          AND (i.due_at IS NULL OR i.error_code = 'quiet')
        """,
        recipient_id,
    )


async def free_overlooked(connection: Tx) -> None:
    """What waits though its address came while it was being made, and what waited for too long."""
    await connection.execute(
        """
        UPDATE intent i SET due_at = greatest(now(), i.leaves_at)
        WHERE i.state = 'pending' AND i.due_at IS NULL AND (
            i.expires_at <= now()
            OR (i.created_at > now() - interval '1 minute' AND EXISTS (
                SELECT FROM contact c
                WHERE c.id = i.recipient_id AND (NOT c.is_active OR c.is_email_verified))))
        """
    )


async def claim_due(connection: Tx, owner: UUID, limit: int) -> list[Letter]:
    """Take some due messages, the longest due first; nobody else gets them while the owner lives.

    Messages to one person about one ticket go one after the other, the oldest first.
    """
    rows = await connection.fetch(
        """
        WITH claimed AS (
            UPDATE intent i
            SET state = 'sending', owner = $2, epoch = epoch + 1, attempts = attempts + 1,
                claimed_at = now()
            WHERE i.id = ANY(ARRAY(
                SELECT d.id FROM intent d
                WHERE d.state = 'pending' AND d.due_at <= now()
                  AND NOT EXISTS (
                      SELECT FROM intent e
                      WHERE e.channel = 'email' AND e.ticket_id = d.ticket_id
                        AND e.recipient_id = d.recipient_id AND e.id < d.id
                        AND (e.state = 'sending' OR (e.state = 'pending' AND e.due_at <= now())))
                ORDER BY d.due_at LIMIT $1 FOR UPDATE OF d SKIP LOCKED))
            RETURNING i.*
        )
        SELECT i.id, i.epoch, i.version, i.rule, i.channel, i.recipient_id, i.address, i.attempts,
            i.is_repeat,
            i.topic IS NOT NULL AND i.leaves_at > i.created_at AS was_held, i.expires_at,
            n.event_id, n.event_type, n.happened_at, n.ticket_id, n.request_id,
            n.traceparent, n.data,
            c.name, c.email, c.language, c.time_zone, c.is_active, c.is_email_verified,
            c.quiet_from, c.quiet_to, first.mail_id AS first_id, last.mail_id AS last_id
        FROM claimed i
        JOIN notice n USING (event_id)
        LEFT JOIN contact c ON c.id = i.recipient_id
        LEFT JOIN LATERAL (
            SELECT e.mail_id FROM intent e
            WHERE e.channel = 'email' AND e.ticket_id = i.ticket_id
              AND e.recipient_id = i.recipient_id AND e.id < i.id
            ORDER BY e.id LIMIT 1) first ON true
        LEFT JOIN LATERAL (
            SELECT e.mail_id FROM intent e
            WHERE e.channel = 'email' AND e.ticket_id = i.ticket_id
              AND e.recipient_id = i.recipient_id AND e.id < i.id
            ORDER BY e.id DESC LIMIT 1) last ON first.mail_id IS NOT NULL
        """,
        limit,
        owner,
    )
    return [_letter(row) for row in rows]


def _letter(row: Row) -> Letter:
    return Letter(
        id=row["id"],
        epoch=row["epoch"],
        version=row["version"],
        rule=row["rule"],
        channel=row["channel"],
        recipient_id=row["recipient_id"],
        address=row["address"],
        attempts=row["attempts"],
        is_repeat=row["is_repeat"],
        was_held=row["was_held"],
        expires_at=row["expires_at"],
        notice=_notice(row),
        contact=_contact(row),
        earlier_ids=tuple(dict.fromkeys(i for i in (row["first_id"], row["last_id"]) if i)),
    )


def _notice(row: Row) -> Notice:
    return Notice(
        row["event_id"],
        row["event_type"],
        row["happened_at"],
        row["ticket_id"],
        Cause(row["request_id"], row["traceparent"]),
        row["data"],
    )


def _contact(row: Row) -> Contact | None:
    if row["name"] is None:
        return None
    return Contact(
        row["name"],
        row["email"],
        row["language"],
        row["time_zone"],
        row["is_active"],
        row["is_email_verified"],
        row["quiet_from"],
        row["quiet_to"],
    )


async def joined_to(connection: Tx, mail_id: UUID) -> list[Row]:
    """The first intents that go out in a message, its own included: `rule, happened_at, data, count`."""
    return await connection.fetch(
        """
        SELECT i.rule, n.happened_at, n.data, count(*) OVER () AS count
        FROM intent i JOIN notice n USING (event_id)
        WHERE (i.id = $1 OR (i.mail_id = $1 AND i.state = 'joined'))
        ORDER BY i.id LIMIT $2
        """,
        mail_id,
        LISTED_TOGETHER,
    )


async def record_outcomes(tx: Tx, owner: UUID, outcomes: Sequence[Outcome]) -> dict[UUID, int]:
    """Write down what became of claimed intents, unless they were taken over; gives id → version."""
    rows = await tx.fetch(
        """
        UPDATE intent i
        SET state = o.state, due_at = o.due_at, version = i.version + o.is_final::int,
            attempts = i.attempts - (NOT o.counts)::int, is_repeat = i.is_repeat OR o.is_uncertain,
            error_code = coalesce(o.code, CASE WHEN o.counts THEN NULL ELSE i.error_code END),
            error = coalesce(o.error, CASE WHEN o.counts THEN NULL ELSE i.error END),
            sent_at = CASE WHEN o.state = 'sent' THEN o.at END, owner = NULL
        FROM unnest($2::uuid[], $3::bigint[], $4::text[], $5::timestamptz[], $6::timestamptz[],
                    $7::text[], $8::text[], $9::bool[], $10::bool[], $11::bool[])
            o (id, epoch, state, at, due_at, code, error, is_uncertain, counts, is_final)
        WHERE i.id = o.id AND i.state = 'sending' AND i.owner = $1 AND i.epoch = o.epoch
        RETURNING i.id, i.version
        """,
        owner,
        [o.letter.id for o in outcomes],
        [o.letter.epoch for o in outcomes],
        [o.state for o in outcomes],
        [o.at for o in outcomes],
        [o.due_at for o in outcomes],
        [o.code for o in outcomes],
        [o.error for o in outcomes],
        [o.is_uncertain for o in outcomes],
        [o.counts for o in outcomes],
        [o.is_final for o in outcomes],
    )
    return {row["id"]: row["version"] for row in rows}


async def close_joined(tx: Tx, mail_ids: Collection[UUID]) -> None:
    """What went out, or did not, inside messages that came to their end."""
    await tx.execute(
        """
        UPDATE intent i SET state = m.state, sent_at = m.sent_at, is_repeat = m.is_repeat,
            error_code = m.error_code, error = m.error
        FROM intent m
        WHERE m.id = ANY($1) AND i.mail_id = m.id AND i.state = 'joined'
        """,
        list(mail_ids),
    )


async def renew_lease(connection: Tx, owner: UUID, seconds: float) -> None:
    """Say that this sender lives, and forget those that do not."""
    await connection.execute(
        """
        WITH gone AS (DELETE FROM sender WHERE expires_at < now() AND owner <> $1)
        INSERT INTO sender (owner, expires_at) VALUES ($1, now() + make_interval(secs => $2))
        ON CONFLICT (owner) DO UPDATE SET expires_at = excluded.expires_at
        """,
        owner,
        seconds,
    )


async def release_lease(connection: Tx, owner: UUID) -> None:
    """This sender ends; what it could not finish is free at once."""
    await connection.execute("DELETE FROM sender WHERE owner = $1", owner)


async def take_back_lost(connection: Tx, owner: UUID, in_hand: Collection[UUID]) -> list[UUID]:
    """Make due again what nobody works on any more; gives those that may have been sent already.

    Of a sender that is gone nobody knows how far it came. A claim of our own that we do not know of
    (its answer was lost on the way) was surely not sent.
    """
    rows = await connection.fetch(
        """
        UPDATE intent i
        SET state = 'pending', due_at = now(), owner = NULL, is_repeat = i.is_repeat OR i.owner <> $1
        WHERE i.state = 'sending' AND (
            NOT EXISTS (SELECT FROM sender s WHERE s.owner = i.owner AND s.expires_at > now())
            OR (i.owner = $1 AND i.id <> ALL($2::uuid[]) AND i.claimed_at < now() - interval '5 s'))
        RETURNING i.id, old.owner <> $1 AS is_unknown
        """,
        owner,
        list(in_hand),
    )
    return [row["id"] for row in rows if row["is_unknown"]]


async def hurry(connection: Tx, code: str) -> None:
    """The channel works again: what failed only because it did not is due now."""
    await connection.execute(
        """
        UPDATE intent SET due_at = now()
        WHERE state = 'pending' AND due_at > now() AND error_code = $1
        """,
        code,
    )


async def backlog(connection: Tx) -> Row:
    """How many messages are due, how long the oldest has been, and how many wait for an address."""
    row = await connection.fetchrow(
        """
        SELECT (SELECT count(*) FROM (
                    SELECT FROM intent WHERE state = 'pending'
                    AND due_at <= now() LIMIT 100000) d) AS due,
            (SELECT coalesce(extract(epoch FROM now() - min(due_at)), 0) FROM intent
             WHERE state = 'pending' AND due_at <= now())::float8 AS oldest,
            (SELECT count(*) FROM intent WHERE state = 'pending' AND due_at IS NULL) AS waiting
        """
    )
    assert row is not None
    return row


async def forget_person(tx: Tx, user_id: UUID) -> None:
    """Remove what messages tell of a person, and end what is still on its way to them."""
    await tx.execute(
        """
        UPDATE notice SET data = data || jsonb_build_object('requester_name', '', 'text', '',
            'actor_name', '', 'subject', coalesce(data -> 'category_name' -> 'id', '""'))
        WHERE data ->> 'requester_id' = $1
        """,
        str(user_id),
    )
    await tx.execute(
        "UPDATE notice SET data = data || '{\"actor_name\": \"\"}' WHERE data ->> 'actor_id' = $1",
        str(user_id),
    )
    await tx.execute(
        """
        UPDATE notice SET data = data || '{"assignee_name": ""}' WHERE data ->> 'assignee_id' = $1
        """,
        str(user_id),
    )
    await tx.execute(
        """
        UPDATE notice SET data = data - 'about' - 'name' - 'email' - 'address' - 'phone'
        WHERE ticket_id IS NULL
          AND event_id IN (SELECT event_id FROM intent WHERE recipient_id = $1)
        """,
        user_id,
    )
    await tx.execute(
        """
        UPDATE intent SET address = NULL, error = NULL,
            state = CASE WHEN state IN ('pending', 'joined') THEN 'failed' ELSE state END,
            error_code = CASE WHEN state IN ('pending', 'joined') THEN 'erased' ELSE error_code END
        WHERE recipient_id = $1
        """,
        user_id,
    )


_FILTERS = {
    "event_id": "i.event_id = $%d",
    "recipient_id": "i.recipient_id = $%d",
    "email": """(lower(i.address) = lower($%d) OR i.recipient_id IN (
        SELECT id FROM contact WHERE lower(email) = lower($%d)))""",
    "state": "i.state = $%d",
    "channel": "i.channel = $%d",
    "before": "i.id < $%d",
}


async def deliveries(connection: Tx, limit: int, **wanted: UUID | str | None) -> list[Row]:
    """Intents with their state, newest first, one more than `limit` where there are more.

    `wanted` may hold `event_id`, `recipient_id`, `email`, `state`, `channel` and `before`. Only the
    conditions that are asked for are in the statement, so that each question finds its index.
    """
    given = {name: value for name, value in wanted.items() if value is not None}
    conditions = [
        _FILTERS[name].replace("%d", str(position)) for position, name in enumerate(given, start=2)
    ]
    return await connection.fetch(
        f"""
        SELECT {_INTENT} FROM intent i
        JOIN notice n USING (event_id)
        LEFT JOIN contact c ON c.id = i.recipient_id
        WHERE {" AND ".join(["true", *conditions])}
        ORDER BY i.id DESC LIMIT $1 + 1
        """,
        limit,
        *given.values(),
    )

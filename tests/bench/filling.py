"""Ten thousand tickets at once: rows as they would be after a year, without telling every story."""

import asyncpg

from local.stack import Stack

# A fifth is being worked on; the ids are as old as the tickets, as the lists are sorted by them.
_TICKETS = """
    INSERT INTO ticket (id, version, number, subject, description, status, priority, category_id,
        channel, requester_id, assignee_id, team_id, link_id, link_expires_at, last_message_by,
        created_at, updated_at, solved_at, closed_at)
    SELECT uuidv7(-age), 1, '9' || lpad(n::text, 9, '0'),
        (ARRAY['Internet mati', 'Wi-Fi lemah', 'Tagihan ganda', 'Lambat malam hari'])[1 + n % 4]
            || ' nomor ' || n,
        'Sejak jam tujuh pagi lampu merah, modem sudah dinyalakan ulang dua kali.',
        status, (ARRAY['low', 'normal', 'normal', 'high', 'urgent'])[1 + n % 5], c.id, 'web', p.id,
        CASE WHEN n % 3 = 0 THEN NULL ELSE s.id END, NULL, gen_random_uuid(), now() + '1 year',
        (ARRAY['customer', 'staff'])[1 + n % 2], now() - age, now() - age,
        CASE WHEN status = 'closed' THEN now() - age / 2 END,
        CASE WHEN status = 'closed' THEN now() - age / 2 END
    FROM generate_series(1, $1::integer) AS n
    CROSS JOIN LATERAL (SELECT n * interval '50 minutes' AS age, CASE WHEN n % 5 = 0
        THEN (ARRAY['new', 'open', 'pending', 'open'])[1 + n / 5 % 4] ELSE 'closed' END AS status) x
    JOIN (SELECT id, row_number() OVER () AS nth, count(*) OVER () AS all_ FROM category) c
        ON c.nth = 1 + n % c.all_
    JOIN (SELECT id, row_number() OVER () AS nth, count(*) OVER () AS all_ FROM person
        WHERE kind = 'customer') p ON p.nth = 1 + n % p.all_
    JOIN (SELECT id, row_number() OVER () AS nth, count(*) OVER () AS all_ FROM person
        WHERE kind = 'staff') s ON s.nth = 1 + n % s.all_
"""
_FACTS = """
    SELECT t.id, t.version, t.number, t.status, t.priority, c.slug, t.channel, t.requester_id,
        t.assignee_id, t.created_at, t.solved_at, t.closed_at, 0, false
    FROM ticket t JOIN category c ON c.id = t.category_id
    WHERE t.number LIKE '9_________'
"""
_FACT_COLUMNS = (
    *("id", "version", "number", "status", "priority", "category", "channel", "requester_id"),
    *("assignee_id", "created_at", "solved_at", "closed_at", "reopen_count", "is_deleted"),
)
_TOTALS = """
    INSERT INTO ticket_total (status, slot, tickets)
    SELECT status, 0, count(*) FROM ticket_fact WHERE number LIKE '9_________' GROUP BY status
    ON CONFLICT (status, slot) DO UPDATE SET tickets = ticket_total.tickets + excluded.tickets
"""


async def fill(stack: Stack, tickets: int) -> None:
    """Make up the number of tickets, and the facts that the figures are counted from."""
    service = await asyncpg.connect(stack.database_url("ticket-service"))
    figures = await asyncpg.connect(stack.database_url("analytics-service"))
    try:
        missing = tickets - await service.fetchval("SELECT count(*) FROM ticket")
        await service.execute(_TICKETS, max(0, missing))
        facts = await service.fetch(_FACTS)
        await figures.copy_records_to_table("ticket_fact", records=facts, columns=_FACT_COLUMNS)
        await figures.execute(_TOTALS)
    finally:
        await service.close()
        await figures.close()
    for name in ("ticket-service", "analytics-service"):
        owner = await asyncpg.connect(stack.owner_url(name))
        await owner.execute("VACUUM ANALYZE")
        await owner.close()

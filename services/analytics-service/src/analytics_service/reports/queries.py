"""All SQL of the reports."""

from datetime import datetime
from zoneinfo import ZoneInfo

from analytics_service.reports.domain import ACTIVE, FINISHED, last_days
from analytics_service.reports.schemas import DayFigures, OverviewOut, TicketFigures
from shared.db import Tx

DAYS_SHOWN = 30

# One statement, so that all figures are of the same moment. It reads the totals and, day by day,
# the shown part of two partial indexes, never the facts of older days.
OVERVIEW = """
    SELECT (SELECT count(*) FROM person
            WHERE kind = 'staff' AND role = 'agent' AND is_active) AS agents,
           (SELECT count(*) FROM category WHERE is_active) AS categories,
           (SELECT coalesce(sum(tickets), 0)::bigint FROM ticket_total
            WHERE status = ANY($1)) AS active,
           (SELECT coalesce(sum(tickets), 0)::bigint FROM ticket_total
            WHERE status = ANY($2)) AS finished,
           ARRAY(SELECT (SELECT count(*) FROM ticket_fact f WHERE f.is_counted
                         AND f.created_at >= d.begins AND f.created_at < d.ends)
                 FROM unnest($3::timestamptz[], $4::timestamptz[]) AS d (begins, ends)) AS created,
           ARRAY(SELECT (SELECT count(*) FROM ticket_fact f WHERE f.is_counted
                         AND f.solved_at >= d.begins AND f.solved_at < d.ends)
                 FROM unnest($3::timestamptz[], $4::timestamptz[]) AS d (begins, ends)) AS solved
"""


async def overview(connection: Tx, now: datetime, zone: ZoneInfo) -> OverviewOut:
    """The portal at a glance, and its last days."""
    days = last_days(now, zone, DAYS_SHOWN)
    row = await connection.fetchrow(OVERVIEW, ACTIVE, FINISHED, days.begins, days.ends)
    assert row is not None
    by_day = zip(days.dates, row["created"], row["solved"], strict=True)
    figures = TicketFigures(
        active=row["active"],
        finished=row["finished"],
        new_today=row["created"][-1],
        solved_today=row["solved"][-1],
    )
    return OverviewOut(
        agents=row["agents"],
        categories=row["categories"],
        tickets=figures,
        days=[DayFigures(day=day, created=n, solved=m) for day, n, m in by_day],
        as_of=now,
    )

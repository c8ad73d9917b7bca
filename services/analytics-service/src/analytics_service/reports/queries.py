"""All SQL of the reports."""

from datetime import datetime
from zoneinfo import ZoneInfo

from analytics_service.reports.domain import ACTIVE, FINISHED, day_of
from analytics_service.reports.schemas import OverviewOut, TicketFigures
from shared.db import Tx

# One statement, so that all figures are of the same moment. It reads the totals and the day's
# part of two partial indexes, never the facts of other days.
OVERVIEW = """
    SELECT (SELECT count(*) FROM person
            WHERE kind = 'staff' AND role = 'agent' AND is_active) AS agents,
           (SELECT count(*) FROM category WHERE is_active) AS categories,
           (SELECT coalesce(sum(tickets), 0)::bigint FROM ticket_total
            WHERE status = ANY($1)) AS active,
           (SELECT coalesce(sum(tickets), 0)::bigint FROM ticket_total
            WHERE status = ANY($2)) AS finished,
           (SELECT count(*) FROM ticket_fact
            WHERE is_counted AND created_at >= $3 AND created_at < $4) AS new_today,
           (SELECT count(*) FROM ticket_fact
            WHERE is_counted AND solved_at >= $3 AND solved_at < $4) AS solved_today
"""


async def overview(connection: Tx, now: datetime, zone: ZoneInfo) -> OverviewOut:
    """The portal at a glance."""
    row = await connection.fetchrow(OVERVIEW, ACTIVE, FINISHED, *day_of(now, zone))
    assert row is not None
    figures = TicketFigures(
        active=row["active"],
        finished=row["finished"],
        new_today=row["new_today"],
        solved_today=row["solved_today"],
    )
    return OverviewOut(
        agents=row["agents"], categories=row["categories"], tickets=figures, as_of=now
    )

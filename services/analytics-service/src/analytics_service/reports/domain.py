"""What the words of a report mean: which tickets count, and when a day begins."""

from datetime import UTC, datetime, time, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

from shared.events.ticket import Status

ACTIVE: tuple[Status, ...] = ("new", "open", "pending", "on_hold")
FINISHED: tuple[Status, ...] = ("solved", "closed", "cancelled")
# Merged tickets count nowhere: what they were about goes on in another one.
UNCOUNTED: tuple[Status, ...] = ("merged",)

assert {*ACTIVE, *FINISHED, *UNCOUNTED} == set(get_args(Status))


def day_of(moment: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first moment of the day that `moment` is in, as `zone` counts days, and of the next one.

    Both in UTC. A day with a change of the clocks has 23 or 25 hours.
    """
    date = moment.astimezone(zone).date()
    midnights = (datetime.combine(d, time(), zone) for d in (date, date + timedelta(days=1)))
    start, end = (midnight.astimezone(UTC) for midnight in midnights)
    return start, end

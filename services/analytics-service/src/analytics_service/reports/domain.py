"""What the words of a report mean: which tickets count, and when a day begins."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

from shared.events.ticket import Status

ACTIVE: tuple[Status, ...] = ("new", "open", "pending", "on_hold")
FINISHED: tuple[Status, ...] = ("solved", "closed", "cancelled")
# Merged tickets count nowhere: what they were about goes on in another one.
UNCOUNTED: tuple[Status, ...] = ("merged",)

assert {*ACTIVE, *FINISHED, *UNCOUNTED} == set(get_args(Status))


@dataclass(frozen=True, slots=True)
class Days:
    """Days in a row, the oldest first, with the moments in UTC at which each begins and ends."""

    dates: list[date]
    begins: list[datetime]
    ends: list[datetime]


def last_days(moment: datetime, zone: ZoneInfo, count: int) -> Days:
    """The day that `moment` is in, as `zone` counts days, and the ones before it."""
    today = moment.astimezone(zone).date()
    dates = [today - timedelta(days=back) for back in range(count - 1, -2, -1)]
    midnights = [datetime.combine(day, time(), zone).astimezone(UTC) for day in dates]
    return Days(dates[:-1], midnights[:-1], midnights[1:])


def day_of(moment: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first moment of the day that `moment` is in, as `zone` counts days, and of the next one.

    Both in UTC. A day with a change of the clocks has 23 or 25 hours.
    """
    days = last_days(moment, zone, 1)
    return days.begins[0], days.ends[0]

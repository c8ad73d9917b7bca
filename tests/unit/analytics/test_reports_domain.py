"""When a day begins, and which tickets count."""

from datetime import UTC, datetime, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from analytics_service.reports.domain import ACTIVE, FINISHED, UNCOUNTED, day_of
from shared.events.ticket import Status

JAKARTA = ZoneInfo("Asia/Jakarta")


@pytest.mark.parametrize(
    ("moment", "start"),
    [
        ("2026-03-01T16:59:59Z", "2026-02-28T17:00:00Z"),
        ("2026-03-01T17:00:00Z", "2026-03-01T17:00:00Z"),
        ("2026-03-02T00:00:00Z", "2026-03-01T17:00:00Z"),
    ],
)
def test_a_day_begins_at_midnight_in_jakarta(moment: str, start: str) -> None:
    begin, end = day_of(datetime.fromisoformat(moment), JAKARTA)
    assert begin == datetime.fromisoformat(start)
    assert end - begin == timedelta(hours=24)


@pytest.mark.parametrize(
    ("moment", "hours"), [("2026-03-29T12:00:00Z", 23), ("2026-10-25T12:00:00Z", 25)]
)
def test_a_day_on_which_clocks_change_is_shorter_or_longer(moment: str, hours: int) -> None:
    begin, end = day_of(datetime.fromisoformat(moment), ZoneInfo("Europe/Berlin"))
    assert end - begin == timedelta(hours=hours)


def test_the_bounds_of_a_day_are_in_utc() -> None:
    assert {moment.tzinfo for moment in day_of(datetime.now(UTC), JAKARTA)} == {UTC}


def test_each_state_is_active_finished_or_not_counted() -> None:
    assert sorted((*ACTIVE, *FINISHED, *UNCOUNTED)) == sorted(get_args(Status))

"""The page that the full fault run writes tells what was found, good or bad."""

from collections import Counter
from datetime import UTC, datetime

from tests.faults import checker
from tests.faults.checker import Figures
from tests.faults.report import Reading, Trial, document

AT = datetime(2026, 11, 23, tzinfo=UTC)


def trial(kills: dict[str, int], figures: Figures | None = None) -> Trial:
    counts = Counter(acknowledged=1000, events=1200, intents=4000, mails=900)
    return Trial("Kafka away", kills, figures or Figures(counts), 20.0)


def test_no_fault_in_n_trials_is_told_as_less_than_three_in_n() -> None:
    page = document([trial({"ticket after_commit": 200})], [], 7, [], AT)
    assert "| ticket | `after_commit` | 200 | 0, < 3/200 |" in page
    assert "lost | 0, < 3/1000 | 1,000 acknowledged |" in page
    assert "2026-11-23 (FAULT_SEED=7)" in page


def test_the_kills_of_a_point_are_summed_over_tests() -> None:
    page = document(
        [trial({"notify after_smtp": 20}), trial({"notify after_smtp": 30})], [], 7, [], AT
    )
    assert "| notify | `after_smtp` | 50 | 0, < 3/50 |" in page


def test_what_was_found_stands_out() -> None:
    figures = Figures()
    figures.found(checker.LOST, "a ticket")
    page = document([trial({"ticket after_commit": 20}, figures)], [], 7, ["test_one"], AT)
    assert "lost | **1** |" in page
    assert "`after_commit` | 20 | **1** |" in page
    assert "* `test_one`" in page


def test_a_server_that_was_away_is_told_with_what_was_accepted_meanwhile() -> None:
    page = document([trial({})], [], 7, [], AT)
    assert "| Kafka away | 1000 | 1200 | 4000 | 900 | 0 |" in page


def test_a_log_that_was_read_again_is_told_with_what_it_changed() -> None:
    page = document([], [Reading("read again", 300, 21, ["notify.intent"])], 7, [], AT)
    assert "| read again | 300 | 21 | 1 |" in page

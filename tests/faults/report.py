"""What the fault tests counted: lines at the end of the run, and docs/faults.md after a full one."""

import os
import platform
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from local.folders import PROJECT
from tests.faults import checker
from tests.faults.checker import Figures

DOCUMENT = PROJECT / "docs" / "faults.md"
JARS = PROJECT / "deploy" / "local" / "kafka" / "target" / "libs"

# What is promised, the faults that would break it, and of how many.
PROMISES = (
    ("acknowledged tickets, messages and changes lost", (checker.LOST,), "acknowledged"),
    ("done more than once", (checker.DOUBLED,), "acknowledged"),
    (
        "answered or recorded otherwise than done",
        (checker.WRONG_VERSION, checker.WRONG_STORY, checker.FACT_WRONG),
        "acknowledged",
    ),
    (
        "events lost on their way",
        (checker.UNPUBLISHED, checker.NOT_IN_LOG, checker.NOT_APPLIED, checker.BURIED),
        "events",
    ),
    ("events applied twice", (checker.APPLIED_TWICE,), "events"),
    ("a ticket's events out of order, in the log or where applied", (checker.INVERTED,), "events"),
    ("notification intents missing", (checker.INTENT_MISSING,), "intents"),
    (
        "notification intents doubled or for nobody",
        (checker.INTENT_DOUBLED, checker.INTENT_UNEXPECTED),
        "intents",
    ),
    (
        "mails missing",
        (checker.MAIL_MISSING, checker.INTENT_UNSETTLED, checker.MAIL_UNKNOWN),
        "mails",
    ),
    ("mails doubled outside the known window", (checker.MAIL_DOUBLED,), "mails"),
)
INSIDE = "mails doubled inside the window"


@dataclass(frozen=True)
class Trial:
    """One test: what was done, how often, what was found, and how long it took until all was well.

    `kills` counts by victim and point; an outage has none.
    """

    name: str
    kills: dict[str, int]
    figures: Figures
    seconds: float


@dataclass(frozen=True)
class Reading:
    """The log read again: how many records of tickets it held, what was compared, what differed."""

    name: str
    records: int
    tables: int
    changed: Sequence[str]


_trials: list[Trial] = []
_readings: list[Reading] = []
_seeds: list[int] = []


def note_seed(number: int) -> None:
    """Remember what the chance of this run came from."""
    _seeds.append(number)


def note(trial: Trial) -> None:
    """Remember what a test counted."""
    _trials.append(trial)


def note_reading(reading: Reading) -> None:
    """Remember what reading again changed."""
    _readings.append(reading)


def lines() -> list[str]:
    """What to say at the end."""
    if not _seeds:
        return []
    head = f"Fault tests (FAULT_SEED={_seeds[0]} repeats their dice):"
    return [head, *map(_line, _trials), *map(_reading_line, _readings)]


def _line(trial: Trial) -> str:
    kills = ", ".join(f"{place} ×{number}" for place, number in trial.kills.items())
    return f"  {kills or trial.name}: {trial.seconds:.0f} s | {trial.figures}"


def _reading_line(reading: Reading) -> str:
    changed = "; ".join(reading.changed) or "no difference"
    return f"  {reading.name}: {reading.records} records, {reading.tables} tables | {changed}"


def write(failed: Sequence[str], at: datetime | None = None) -> None:
    """Write docs/faults.md, with the names of the tests that failed."""
    if _seeds:
        told = document(_trials, _readings, _seeds[0], failed, at or datetime.now(UTC))
        DOCUMENT.write_text(told)


def document(
    trials: Sequence[Trial],
    readings: Sequence[Reading],
    seed: int,
    failed: Sequence[str],
    at: datetime,
) -> str:
    """The whole page. Zero faults in n trials are told as "< 3/n" (rule of three, 95 %)."""
    parts = [
        "# What the fault tests found",
        f"Written by `make faults` on {at:%Y-%m-%d} (FAULT_SEED={seed}), on {os.cpu_count()} cores "
        f"shared by servers, services and load: {_versions()}. “0, < 3/n” says: not seen in n "
        "trials, so the true rate is below 3/n with 95 % confidence.",
        "Sixteen writers open, answer and change tickets without a pause and repeat each request "
        "until it is acknowledged. Then everything comes to rest, and a checker compares what was "
        "acknowledged with what the four databases, the broker's log and the mailbox hold. "
        "`tests/unit/faults` shows that it finds each kind of fault.",
        *([_failures(failed)] if failed else []),
        "## Promises, over all tests",
        _table(("", "found", "of"), _promises(trials)),
        "A mail can be sent twice when notify-service dies between the mail server's word and its "
        "own commit. These copies have the same Message-ID and their intents are marked: "
        f"{_total(trials, INSIDE):,} of {_total(trials, 'mails'):,} mails, in a run that kills it "
        "again and again while it sends.",
        "## Killed at a named point (SIGKILL)",
        _table(("service", "point", "kills", "faults"), _points(trials)),
        "“anywhere” is a kill from outside at a random moment.",
        "## Servers away, under load",
        _table(
            ("what", "acknowledged meanwhile", "events", "intents", "mails", "faults"),
            _outages(trials),
        ),
        "Throughout each outage fourteen things that must be refused were tried: without a login, "
        "with a forged cookie, without or with a foreign form token, on somebody else's ticket, "
        "beyond one's rights, with a wrong password, on a locked account, past the gateway. A test "
        "passes only when each was refused or answered 503.",
        "## The log lost, or read again",
        _table(
            ("what", "records of tickets", "tables and mailbox compared", "different"),
            ((r.name, r.records, r.tables, len(r.changed)) for r in readings),
        ),
        "## What this does not show",
        "Power cuts (the operating system survives every kill here), a disk that lies, more than "
        "one broker, and clocks that jump.",
    ]
    return "\n\n".join(parts) + "\n"


def _promises(trials: Sequence[Trial]) -> Iterable[Sequence[object]]:
    for promise, faults, base in PROMISES:
        found = sum(trial.figures.faults[fault] for trial in trials for fault in faults)
        yield promise, _rate(found, _total(trials, base)), f"{_total(trials, base):,} {base}"


def _points(trials: Sequence[Trial]) -> Iterable[Sequence[object]]:
    """One row for each victim and point, over all tests in which it died there."""
    kills: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    for trial in trials:
        for place, number in trial.kills.items():
            kills[place] += number
            faults[place] += trial.figures.faults.total()
    for place, number in sorted(kills.items()):
        service, _, point = place.partition(" ")
        yield service, f"`{point}`", number, _rate(faults[place], number)


def _outages(trials: Sequence[Trial]) -> Iterable[Sequence[object]]:
    for trial in trials:
        if not trial.kills:
            counts = trial.figures.counts
            numbers = [counts[name] for name in ("acknowledged", "events", "intents", "mails")]
            yield trial.name, *numbers, trial.figures.faults.total()


def _rate(found: int, trials: int) -> str:
    return f"**{found}**" if found else f"0, < 3/{trials}"


def _total(trials: Sequence[Trial], name: str) -> int:
    return sum(trial.figures.counts[name] for trial in trials)


def _failures(failed: Sequence[str]) -> str:
    names = "\n".join(f"* `{name}`" for name in failed)
    return f"**Tests that failed in this run:**\n\n{names}"


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)


def _versions() -> str:
    kafka = [path.stem.rpartition("-")[2] for path in JARS.glob("kafka_2.13-*.jar")]
    return f"Python {platform.python_version()}, Apache Kafka {(kafka or ['elsewhere'])[0]}"

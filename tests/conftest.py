"""What all tests share, and the words at the end about what could not be proven here."""

import signal
from collections.abc import Iterable

import pytest
import structlog

pytest_plugins = [
    "tests.fixtures.servers",
    "tests.fixtures.databases",
    "tests.fixtures.buckets",
    "tests.fixtures.topics",
    "tests.fixtures.http",
    "tests.fixtures.system",
]

_unproven: dict[str, str] = {}


def pytest_configure() -> None:
    """Let SIGTERM end the session like Ctrl-C does, so that the servers are stopped.

    Log lines are short: a coloured traceback with every variable takes seconds.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(default=str),
        ]
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """Whoever uses the broker is marked `kafka`, the whole system `e2e`, a browser `browser`."""
    for item in items:
        used = set(getattr(item, "fixturenames", ()))
        if used & {"kafka_server", "own_kafka"}:
            item.add_marker("kafka")
        elif item.get_closest_marker("kafka"):
            item.fixturenames.insert(0, "kafka_server")  # type: ignore[attr-defined]
        if used & {"system", "running_system"}:
            item.add_marker("e2e")
        if "browser" in used:
            item.add_marker("browser")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember what was skipped for want of a broker, a browser or a provider of logins."""
    is_claim = {"kafka", "browser", "provider"} & set(report.keywords)
    if report.skipped and is_claim and isinstance(report.longrepr, tuple):
        _unproven[report.nodeid] = report.longrepr[2].removeprefix("Skipped: ")


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """The last lines of the session."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if not _unproven or reporter is None:
        return
    reporter.write_line("")
    reporter.write_line("NOT PROVEN in this run:", red=True)
    for test in _unproven:
        reporter.write_line(f"  {test}")
    for reason in sorted(set(_unproven.values())):
        reporter.write_line(f"Reason: {reason}")

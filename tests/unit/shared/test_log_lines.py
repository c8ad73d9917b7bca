"""What every log line says about where it belongs, and what goes on from a cause."""

import json
import subprocess
import sys

from shared.tracing import Cause, continue_from, present_cause, request_id, traceparent

SAID_TWICE = """
import structlog
from shared.logs import configure_logging
from shared.tracing import Cause, continue_from, request_id
configure_logging("here", log_format="json", level="info")
continue_from(Cause("abc-12345678", None))
structlog.get_logger().info("thing_done")
request_id.set(None)
structlog.get_logger().info("other_thing_done")
"""


def test_a_line_names_the_request_that_it_goes_back_to() -> None:
    said = subprocess.run([sys.executable, "-c", SAID_TWICE], capture_output=True, check=True)
    first, second = map(json.loads, said.stdout.splitlines())
    assert (first["event"], first["request_id"]) == ("thing_done", "abc-12345678")
    assert "request_id" not in second


def test_what_goes_on_keeps_the_request_and_the_trace_in_a_span_of_its_own() -> None:
    parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    continue_from(Cause("abc-12345678", parent))
    now = present_cause()
    request_id.set(None)
    traceparent.set(None)
    assert now.request_id == "abc-12345678"
    assert now.traceparent is not None
    assert now.traceparent != parent
    assert now.traceparent.split("-")[1] == parent.split("-")[1]

"""The request id and the W3C trace context that travel from a request to the mail it causes."""

import re
import secrets
from contextvars import ContextVar
from typing import NamedTuple

_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")

traceparent: ContextVar[str | None] = ContextVar("traceparent", default=None)
request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


class Cause(NamedTuple):
    """What set something off: the id of the person's request, and where in which trace it happened."""

    request_id: str | None = None
    traceparent: str | None = None


def present_cause() -> Cause:
    """The cause of what is being done now."""
    return Cause(request_id.get(), traceparent.get())


def continue_from(cause: Cause) -> None:
    """Whatever is done from here on has this cause, in a span of its own."""
    request_id.set(cause.request_id)
    traceparent.set(continue_trace(cause.traceparent))


def continue_trace(incoming: str | None) -> str:
    """A traceparent of our own span, in the caller's trace where there is a valid one."""
    match = _TRACEPARENT.fullmatch(incoming or "")
    trace_id = match.group(1) if match else secrets.token_hex(16)
    return f"00-{trace_id}-{secrets.token_hex(8)}-01"


def trace_id_of(parent: str | None) -> str:
    """The trace id in a traceparent, or an empty text."""
    match = _TRACEPARENT.fullmatch(parent or "")
    return match.group(1) if match else ""


def accept_request_id(incoming: str | None) -> str:
    """The caller's request id when it is harmless, else a new one."""
    return incoming if incoming and _REQUEST_ID.fullmatch(incoming) else secrets.token_hex(12)

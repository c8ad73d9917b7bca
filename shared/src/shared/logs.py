"""Structured logging: one JSON object a line in containers, coloured lines at a desk."""

import logging
import sys
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict, Processor

from shared.tracing import request_id


def configure_logging(service: str, *, log_format: str, level: str) -> None:
    """Send structlog's and the standard library's records to stdout in one format."""
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _with_request_id,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    # Our own lines do not pass through `logging`: a line for each request has to cost little.
    structlog.configure(
        processors=[*before, _to_bytes(log_format)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.BytesLoggerFactory(sys.stdout.buffer),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _renderer(log_format),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for noisy in ("aiokafka", "uvicorn.access", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.contextvars.bind_contextvars(service=service)


def _with_request_id(_logger: Any, _name: str, event: EventDict) -> EventDict:
    if (of_request := request_id.get()) is not None:
        event.setdefault("request_id", of_request)
    return event


def _renderer(log_format: str) -> Processor:
    if log_format == "console":
        return structlog.dev.ConsoleRenderer()
    return structlog.processors.JSONRenderer(serializer=_to_json)


def _to_bytes(log_format: str) -> Processor:
    render = _renderer(log_format)

    def rendered(logger: Any, name: str, event: EventDict) -> bytes:
        return str(render(logger, name, event)).encode()

    return rendered


def _to_json(value: Any, **_: Any) -> str:
    return orjson.dumps(value, default=str).decode()

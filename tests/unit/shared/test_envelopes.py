"""An event travels as CloudEvents 1.0 in Kafka's binary mode and comes out as it went in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.events import CONTRACTS
from shared.events.base import Envelope, EnvelopeUnreadable, Event, families
from shared.events.examples import example
from shared.events.ticket import TicketCreated, TicketSnapshot
from shared.tracing import Cause, accept_request_id, continue_trace, trace_id_of
from tests.builders import TicketStory, envelope

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

envelopes = st.builds(
    Envelope,
    id=st.uuids(),
    source=st.sampled_from(["ticket-service", "identity-service"]),
    type=st.sampled_from(sorted(CONTRACTS)),
    time=st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=7))])),
    subject=st.uuids(),
    sequence=st.integers(min_value=1, max_value=2**63 - 1),
    schema_version=st.integers(min_value=1, max_value=99),
    cause=st.builds(Cause, st.none() | st.just("abc-12345678"), st.none() | st.just(TRACE)),
    data=st.binary(max_size=50),
)


@given(envelopes)
def test_an_envelope_survives_its_headers(there: Envelope) -> None:
    assert Envelope.from_headers(there.headers(), there.data) == there


def test_the_headers_are_those_of_cloudevents() -> None:
    there = replace(TicketStory().created(), schema_version=3)
    headers = dict(there.headers())
    assert headers["ce_specversion"] == b"1.0"
    assert headers["ce_type"] == b"ticket.created"
    assert headers["ce_subject"] == str(there.subject).encode()
    assert headers["ce_dataschema"] == b"urn:tanggap:schema:ticket.created:3"
    assert headers["content-type"] == b"application/json"


@pytest.mark.parametrize(
    "name", ["ce_id", "ce_source", "ce_type", "ce_time", "ce_subject", "ce_sequence"]
)
def test_an_envelope_without_one_of_its_headers_is_unreadable(name: str) -> None:
    there = TicketStory().created()
    headers = [(key, value) for key, value in there.headers() if key != name]
    with pytest.raises(EnvelopeUnreadable):
        Envelope.from_headers(headers, there.data)


@pytest.mark.parametrize("version", [0, -1, 2**63])
def test_a_version_is_a_positive_bigint(version: int) -> None:
    there = envelope(example(TicketCreated), version, TicketStory().ticket.id)
    with pytest.raises(EnvelopeUnreadable):
        Envelope.from_headers(there.headers(), there.data)


def test_families_are_named_once_and_in_order() -> None:
    assert families([TicketSnapshot, TicketCreated]) == ("ticket",)


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=lambda contract: contract.TYPE)
def test_every_contract_has_an_example_that_survives_json(contract: type[Event]) -> None:
    there = example(contract)
    assert contract.model_validate_json(there.model_dump_json()) == there


def test_a_trace_goes_on_with_a_span_of_our_own() -> None:
    ours = continue_trace(TRACE)
    assert trace_id_of(ours) == trace_id_of(TRACE) == TRACE.split("-")[1]
    assert ours != TRACE


@pytest.mark.parametrize("strange", [None, "", "00-xyz-1-01", TRACE + "\n", TRACE.upper()])
def test_a_strange_trace_is_replaced(strange: str | None) -> None:
    assert len(trace_id_of(continue_trace(strange))) == 32


@given(st.text())
def test_a_request_id_in_a_log_line_is_harmless(text: str) -> None:
    accepted = accept_request_id(text)
    assert 8 <= len(accepted) <= 64
    assert accepted.isascii() and accepted.replace("-", "").replace("_", "").isalnum()


def test_the_present_moment_has_a_zone() -> None:
    assert TicketStory().created(at=datetime.now(UTC)).time.tzinfo is UTC

"""What is asked again only whether it changed, and pages that are sent again as they were."""

import re
from typing import Any

import pytest

from gateway.remembered import SECONDS, Known, Remembered
from shared.errors import FieldError, Invalid, NotFound
from tests.unit.gateway import samples
from tests.unit.gateway.conftest import Visitor
from tests.unit.gateway.upstream import Received, Upstream, json_answer

PAGE = f"/tickets/{samples.NUMBER}"
TICKET = "/tickets/[0-9-]+"


@pytest.fixture
def versioned(upstream: Upstream) -> dict[str, Any]:
    """A ticket-service that knows `If-None-Match`; the ticket can be changed."""
    ticket = samples.ticket(version=7)

    def answer(got: Received) -> Any:
        tag = f'"{ticket["version"]}"'
        if got.headers.get("If-None-Match") == tag:
            return json_answer(None, 304, {"ETag": tag})
        return json_answer(ticket, 200, {"ETag": tag})

    upstream.calls("GET", TICKET, answer)
    return ticket


def _varying(page: str) -> tuple[set[str], set[str]]:
    return (
        set(re.findall(r'nonce="([^"]+)"', page)),
        set(re.findall(r'name="submission_id" value="([^"]+)"', page)),
    )


async def test_an_unchanged_page_is_sent_again_with_new_nonce_and_submission(
    visitor: Visitor, upstream: Upstream, versioned: dict[str, Any]
) -> None:
    visitor.as_customer()
    first, again = await visitor.get(PAGE), await visitor.get(PAGE)
    assert upstream.last("GET", TICKET).headers["If-None-Match"] == '"7"'
    nonces, submissions = _varying(first.text)
    new_nonces, new_submissions = _varying(again.text)
    assert len(nonces) == len(new_nonces) == 1
    assert nonces.isdisjoint(new_nonces)
    assert f"'nonce-{new_nonces.pop()}'" in again.headers["content-security-policy"]
    assert submissions
    assert submissions.isdisjoint(new_submissions)


async def test_a_changed_ticket_is_shown_as_it_is_now(
    visitor: Visitor, versioned: dict[str, Any]
) -> None:
    visitor.as_customer()
    await visitor.get(PAGE)
    versioned.update(version=8, subject="Sudah lain")
    assert "Sudah lain" in (await visitor.get(PAGE)).text


async def test_what_may_not_be_seen_any_more_is_not_shown_from_memory(
    visitor: Visitor, upstream: Upstream, versioned: dict[str, Any]
) -> None:
    visitor.as_customer()
    await visitor.get(PAGE)
    upstream.refuses("GET", TICKET, NotFound())
    answer = await visitor.get(PAGE)
    assert answer.status_code == 404
    assert versioned["subject"] not in answer.text


async def test_nobody_gets_what_was_remembered_for_another(
    visitor: Visitor, upstream: Upstream, versioned: dict[str, Any]
) -> None:
    await visitor.as_customer().get(PAGE)
    answer = await visitor.as_agent().get(PAGE)
    assert "If-None-Match" not in upstream.last("GET", TICKET).headers
    assert "Dewi" in answer.text


async def test_another_language_is_another_page(
    visitor: Visitor, versioned: dict[str, Any]
) -> None:
    visitor.as_customer()
    await visitor.get(PAGE)
    assert '<html lang="en">' in (await visitor.get(PAGE + "?lang=en")).text


async def test_typed_words_come_back_although_the_page_is_known(
    visitor: Visitor, upstream: Upstream, versioned: dict[str, Any]
) -> None:
    visitor.as_customer()
    await visitor.get(PAGE)
    upstream.refuses("POST", f"{TICKET}/replies", Invalid(FieldError("/body", "x", "too_long")))
    answer = await visitor.post(f"{PAGE}/replies", body="Kata saya")
    assert answer.status_code == 422
    assert "Kata saya" in answer.text


def test_things_are_remembered_for_a_minute() -> None:
    now = 0.0
    remembered = Remembered(clock=lambda: now)
    remembered.keep("a", '"1"', "one")
    now = SECONDS - 1
    assert remembered.find("a") == Known('"1"', "one")
    now = SECONDS
    assert remembered.find("a") == Known()


def test_the_least_used_is_forgotten_first() -> None:
    remembered = Remembered(most=2, clock=lambda: 0.0)
    remembered.keep("a", 1, "one")
    remembered.keep("b", 2, "two")
    remembered.find("a")
    remembered.keep("c", 3, "three")
    assert remembered.find("a").value == "one"
    assert remembered.find("b") == Known()

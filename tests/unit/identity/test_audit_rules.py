"""What the audit log keeps of a change, and of the people it is about."""

import pytest

from identity_service.audit.domain import (
    Action,
    By,
    before_and_after,
    label_spellings,
    masked,
    recorded,
)
from identity_service.limits.domain import Visitor
from shared.auth import Actor
from shared.ids import uuid7


@pytest.mark.parametrize("name", ["password", "token", "password_hash", "otp", "recovery_code"])
def test_a_secret_is_never_recorded(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        recorded({name: "anything"})


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("siti@padinet.example", "s…@p…"),
        ("+628123456789", "…789"),
        ("Siti Rahma", "S…"),
        ("", "…"),
    ],
)
def test_people_can_be_recognised_and_not_reached(text: str, kept: str) -> None:
    assert masked(text) == kept


def test_a_ticket_is_found_by_its_number_with_and_without_the_hyphen() -> None:
    assert "1234-5678" in label_spellings("12345678")
    assert "1234-5678" in label_spellings("1234-5678")
    assert "12345-67890" in label_spellings("1234567890")
    assert label_spellings("noc-1") == ["noc-1"]


def test_what_is_nobodys_name_is_kept_as_it_is() -> None:
    assert recorded({"latitude": -7.257472}) == {"latitude": "…"}
    values = {"role": "agent", "email": "siti@padinet.example", "phone": None, "teams": {"b", "a"}}

    assert recorded(values) == {
        "role": "agent",
        "email": "s…@p…",
        "phone": None,
        "teams": ["a", "b"],
    }


def test_changes_are_told_as_before_and_after() -> None:
    told = before_and_after({"role": ("agent", "supervisor")})

    assert told == {"before": {"role": "agent"}, "after": {"role": "supervisor"}}


def test_an_entry_names_who_asked_and_from_where() -> None:
    somebody, session = uuid7(), uuid7()

    by = By.of(Actor(somebody, "staff"), Visitor.of("2001:db8::7", "Firefox"), session)

    assert (by.kind, by.id, by.session_id) == ("staff", somebody, session)
    assert (by.address, by.agent) == ("2001:db8::7", "Firefox")


def test_a_visitor_who_proved_nothing_has_no_id() -> None:
    by = By.visitor(Visitor.of("203.0.113.7", ""))

    assert (by.kind, by.id) == ("anonymous", None)


def test_every_action_says_of_what_it_is_one() -> None:
    assert all(action.value.count(".") == 1 for action in Action)

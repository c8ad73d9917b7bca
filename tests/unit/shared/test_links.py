"""A link is good for one purpose until its time, and only as it was written."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import NotFound
from shared.ids import uuid7
from shared.links import LinkKeys, LinkNotValid, sign_link, verify_link

NOW = datetime(2026, 1, 15, 8, 30, tzinfo=UTC)
OLD = "old:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
NEW = "new:_____wQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
KEYS = LinkKeys.parse(OLD)
LINK = uuid7()


def link(purpose: str = "ticket", *, seconds: int = 60, keys: LinkKeys = KEYS) -> str:
    return sign_link(keys, purpose, LINK, NOW + timedelta(seconds=seconds))


def test_a_link_gives_its_id_back() -> None:
    assert verify_link(KEYS, "ticket", link(), NOW) == LINK


def test_a_link_is_good_until_its_last_second_and_not_longer() -> None:
    assert verify_link(KEYS, "ticket", link(seconds=0), NOW) == LINK
    with pytest.raises(LinkNotValid):
        verify_link(KEYS, "ticket", link(seconds=-1), NOW)


@pytest.mark.parametrize("other", ["verify", "invite", "reset", "Ticket", "ticket ", ""])
def test_a_link_serves_no_other_purpose(other: str) -> None:
    with pytest.raises(LinkNotValid):
        verify_link(KEYS, other, link(), NOW)


@given(st.integers(min_value=0), st.characters())
def test_no_character_of_a_link_can_be_changed(place: int, character: str) -> None:
    good = link()
    place %= len(good)
    changed = good[:place] + character + good[place + 1 :]
    if changed.lower() == good.lower() and place < 32:
        return  # the id in hexadecimal may be written in capitals
    if changed != good:
        with pytest.raises(LinkNotValid):
            verify_link(KEYS, "ticket", changed, NOW)


@given(st.text(max_size=200))
def test_no_text_that_was_not_signed_is_a_link(text: str) -> None:
    with pytest.raises(LinkNotValid):
        verify_link(KEYS, "ticket", text, NOW)


def test_another_id_or_time_needs_another_signature() -> None:
    link_id, expires, kid, mac = link().split(".")
    other = uuid7().hex
    for forged in (
        f"{other}.{expires}.{kid}.{mac}",
        f"{link_id}.{int(expires) + 1}.{kid}.{mac}",
        f"{link_id}.{expires}.{kid}.{mac}x",
        f"{link_id}.{expires}.{kid}.",
        f"{link_id}.{expires}.new.{mac}",
    ):
        with pytest.raises(LinkNotValid):
            verify_link(KEYS, "ticket", forged, NOW)


def test_a_link_that_is_not_valid_looks_like_nothing_at_all() -> None:
    assert issubclass(LinkNotValid, NotFound)


def test_old_links_outlive_a_new_key_until_the_old_one_goes() -> None:
    both = LinkKeys.parse(f"{NEW},{OLD}")
    assert verify_link(both, "ticket", link(), NOW) == LINK
    assert ".new." in link(keys=both)
    assert verify_link(both, "ticket", link(keys=both), NOW) == LINK
    with pytest.raises(LinkNotValid):
        verify_link(LinkKeys.parse(NEW), "ticket", link(), NOW)


def test_a_link_needs_no_escaping_in_a_url() -> None:
    assert set(link()) <= set("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_.")


def test_the_signature_has_at_least_128_bits() -> None:
    assert len(link().split(".")[3]) * 6 >= 128


@pytest.mark.parametrize(
    "text",
    ["", "old", "old:", "old:AAEC", ":AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", "o ld:x"],
)
def test_weak_or_broken_keys_are_refused_at_the_start(text: str) -> None:
    with pytest.raises(ValueError, match="LINK_KEYS"):
        LinkKeys.parse(text)


def test_ids_of_links_are_uuids() -> None:
    assert isinstance(verify_link(KEYS, "ticket", link(), NOW), UUID)

"""Input types: one spelling of an address, a number, a name."""

import pytest
from pydantic import TypeAdapter, ValidationError

from identity_service.fields import EmailAddress, Name, PhoneNumber, TimeZone, like_pattern

EMAIL, PHONE, NAME = TypeAdapter(EmailAddress), TypeAdapter(PhoneNumber), TypeAdapter(Name)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Ani@Example.COM", "ani@example.com"),
        (" ani@example.com ", "ani@example.com"),
        ("ani@münchen.de", "ani@xn--mnchen-3ya.de"),
        ("ani@MÜNCHEN.de", "ani@xn--mnchen-3ya.de"),
        ("ani@ｅxample.com", "ani@example.com"),
        ("ani+isp@example.test", "ani+isp@example.test"),
    ],
)
def test_an_address_has_one_spelling(typed: str, kept: str) -> None:
    assert EMAIL.validate_python(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ani",
        "ani@",
        "@example.com",
        "ani@localhost",
        "ani@example..com",
        "аni@example.com",
        "ａni@example.com",
        "ani@[127.0.0.1]",
        '"ani w"@example.com',
        "Ani <ani@example.com>",
        "ani@example.com\nBcc: x@example.com",
        f"{'a' * 250}@example.com",
    ],
)
def test_what_is_no_address_or_only_looks_like_one_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        EMAIL.validate_python(typed)


def test_a_look_alike_domain_is_another_domain() -> None:
    assert EMAIL.validate_python("ani@pаdi.net").startswith("ani@xn--")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("0812-3456-7890", "+6281234567890"),
        ("+62 812 3456 7890", "+6281234567890"),
        ("(031) 5990 123", "+62315990123"),
        ("+1 202 555 0123", "+12025550123"),
    ],
)
def test_a_phone_number_is_indonesian_unless_it_says_otherwise(typed: str, kept: str) -> None:
    assert PHONE.validate_python(typed) == kept


@pytest.mark.parametrize("typed", ["", "12", "abc", "+", "0" * 20, "+999 123"])
def test_what_is_no_phone_number_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        PHONE.validate_python(typed)


def test_names_have_single_spaces_and_composed_letters() -> None:
    assert NAME.validate_python("  Ani \t Wijaya\n") == "Ani Wijaya"
    assert NAME.validate_python("Jose\N{COMBINING ACUTE ACCENT}") == "José"


def test_time_zones_are_names_of_the_database() -> None:
    zones = TypeAdapter(TimeZone)
    assert zones.validate_python("Asia/Jakarta") == "Asia/Jakarta"
    for odd in ("Jakarta", "../../etc/passwd", ""):
        with pytest.raises(ValidationError):
            zones.validate_python(odd)


def test_patterns_take_wildcards_as_text() -> None:
    assert like_pattern("50%_a\\b") == r"%50\%\_a\\b%"
    assert like_pattern("   ") == ""

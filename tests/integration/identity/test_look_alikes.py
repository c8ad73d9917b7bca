"""Addresses and passwords that look alike to people or programs, and must not be taken for each other."""

import pytest

from tests.integration.identity.conftest import STRANGER, House, faults

JOKO = "joko@example.test"


@pytest.mark.parametrize(
    "typed",
    [
        "jоko@example.test",
        "jοko@example.test",
        "ｊoko@example.test",
        "jo\u200bko@example.test",
        "jo\u0301ko@example.test",
        "jo\u212ao@example.test",
        "\u202ejoko@example.test",
        "joko@example.test\u0000",
    ],
)
async def test_an_address_that_only_looks_like_one_is_refused_everywhere(
    house: House, typed: str
) -> None:
    for path, body in (
        ("/sessions", {"email": typed, "password": "x"}),
        ("/password-resets", {"email": typed}),
        ("/registrations", STRANGER | {"email": typed}),
    ):
        assert list(faults(await house.post(path, body))) == ["/email"], path


@pytest.mark.parametrize(
    "typed", ["JOKO@EXAMPLE.TEST", " joko@example.test ", "joko@ｅxample.test"]
)
async def test_other_spellings_of_an_address_are_the_same_account(house: House, typed: str) -> None:
    assert (await house.log_in(typed)).status_code == 201
    assert (await house.register(email=typed)).status_code == 202
    assert len(await house.links(JOKO, "account_exists")) == 1


async def test_a_look_alike_domain_is_another_account_and_shown_as_what_it_is(
    house: House,
) -> None:
    typed = "joko@ехample.test"

    assert (await house.register(email=typed)).status_code == 202

    assert await house.links(JOKO, "account_exists") == []
    rows = await house.fetch("SELECT email FROM app_user WHERE email LIKE 'joko@xn--%'")
    assert len(rows) == 1
    assert (await house.log_in(typed)).status_code == 401


async def test_dots_and_tags_are_somebody_elses_until_their_mailbox_says_otherwise(
    house: House,
) -> None:
    for typed in ("jo.ko@example.test", "joko+x@example.test"):
        assert (await house.log_in(typed)).status_code == 401


async def changed_to(house: House, password: str) -> None:
    await house.post("/password-resets", {"email": JOKO})
    token = (await house.links(JOKO, "reset"))[-1]
    body = {"token": token, "password": password}
    assert (await house.post("/password-resets/accept", body)).status_code == 200


async def test_a_password_of_73_bytes_is_not_its_first_72(house: House) -> None:
    """Some hashes read no further than 72 bytes; ours reads everything."""
    password = "sepeda biru " + "ü" * 30 + "a"
    assert len(password.encode()) == 73
    await changed_to(house, password)

    assert (await house.log_in(JOKO, password)).status_code == 201
    assert (await house.log_in(JOKO, password[:-1])).status_code == 401
    assert (await house.log_in(JOKO, password[:-1] + "b")).status_code == 401


async def test_the_last_of_128_characters_counts(house: House) -> None:
    password = "kuda laut " + "安" * 117 + "x"
    await changed_to(house, password)

    assert (await house.log_in(JOKO, password[:-1] + "y")).status_code == 401
    assert (await house.log_in(JOKO, password)).status_code == 201
    too_long = {"email": JOKO, "password": password + "x"}
    assert list(faults(await house.post("/sessions", too_long))) == ["/password"]


async def test_spaces_around_a_password_and_capitals_in_it_count(house: House) -> None:
    password = "  Sepeda Biru 42  "
    await changed_to(house, password)

    for other in (password.strip(), password.lower(), password[1:]):
        assert (await house.log_in(JOKO, other)).status_code == 401
    assert (await house.log_in(JOKO, password)).status_code == 201


async def test_one_letter_typed_in_two_ways_is_one_letter(house: House) -> None:
    await changed_to(house, "sepédä biru 42")

    assert (await house.log_in(JOKO, "sepe\u0301da\u0308 biru 42")).status_code == 201

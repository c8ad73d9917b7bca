"""Which passwords are too easy, and how the others are hashed."""

import asyncio

import pytest

from identity_service.passwords.domain import PasswordTooEasy, check_password
from identity_service.passwords.hashing import PasswordHashes, TooManyAtOnce

CONTEXT = ("Budi Santoso", "budi.santoso@example.test", "PadiNET")


def code(password: str) -> str | None:
    """Why a password is refused, if it is."""
    try:
        check_password(password, CONTEXT)
    except PasswordTooEasy as refused:
        return refused.errors[0].code
    return None


@pytest.mark.parametrize(
    "password",
    [
        "password",
        "PASSWORD",
        "password123",
        "12345678",
        "bismillah",
        "sayangku",
        "sunshine99!",
        "aaaaaaaaaaaa",
        "abcdefghij",
        "987654321",
    ],
)
def test_common_passwords_are_refused(password: str) -> None:
    assert code(password) == "password_common"


@pytest.mark.parametrize(
    "password",
    ["budisantoso", "Budi.Santoso", "PadiNET2025", "padinet-budi", "santoso1990", "budi@example"],
)
def test_passwords_made_of_the_account_are_refused(password: str) -> None:
    assert code(password) == "password_context"


@pytest.mark.parametrize(
    "password",
    [
        "sepeda biru 42",
        "budi suka sepeda",
        "horse8472910384",
        "kuda laut 7 warna",
        "qX7!pL2#",
        "ßßßß安妮安妮",
        "correct horse battery staple",
    ],
)
def test_others_are_accepted_without_rules_about_characters(password: str) -> None:
    assert code(password) is None


def test_the_pointer_names_the_field() -> None:
    with pytest.raises(PasswordTooEasy) as refused:
        check_password("password", (), "/new_password")
    assert refused.value.errors[0].pointer == "/new_password"


def hashes(*, at_once: int = 1, waiting: int = 5, memory_kib: int = 64) -> PasswordHashes:
    """Hashes that take a millisecond."""
    return PasswordHashes(
        memory_kib=memory_kib, time_cost=1, parallelism=1, at_once=at_once, waiting=waiting
    )


async def test_a_hash_is_argon2id_with_the_parameters_asked_for() -> None:
    made = await hashes(memory_kib=128).hash("sepeda biru 42")

    assert made.startswith("$argon2id$v=19$m=128,t=1,p=1$")


async def test_a_password_fits_its_own_hash_only() -> None:
    some = hashes()
    made = await some.hash("sepeda biru 42")

    assert (await some.verify("sepeda biru 42", made)).is_right
    assert not (await some.verify("sepeda biru 43", made)).is_right
    assert not (await some.verify("sepeda biru 42", None)).is_right


async def test_equal_passwords_have_different_hashes() -> None:
    some = hashes()
    assert await some.hash("sepeda biru 42") != await some.hash("sepeda biru 42")


async def test_an_older_hash_is_made_better_only_for_the_right_password() -> None:
    old = await hashes().hash("sepeda biru 42")
    new = hashes(memory_kib=128)

    better = (await new.verify("sepeda biru 42", old)).better_hash
    assert better is not None
    assert "m=128," in better
    assert (await new.verify("sepeda biru 42", better)).better_hash is None
    assert (await new.verify("salah", old)).better_hash is None


async def test_more_than_may_wait_are_told_to_come_back() -> None:
    narrow = hashes(waiting=2)

    answers = await asyncio.gather(
        *(narrow.hash(f"sepeda {n}") for n in range(6)), return_exceptions=True
    )

    assert [isinstance(a, TooManyAtOnce) for a in answers] == [False] * 3 + [True] * 3
    assert await narrow.hash("sepeda lagi")


async def test_the_event_loop_turns_while_a_hash_is_made() -> None:
    some = hashes(memory_kib=65_536)
    turns = 0
    making = asyncio.ensure_future(some.hash("sepeda biru 42"))
    while not making.done():
        await asyncio.sleep(0.001)
        turns += 1

    assert turns > 3

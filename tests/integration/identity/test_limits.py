"""Limits on tries: counted before the try, also when many come at once."""

import asyncio
from collections import Counter

from tests.integration.identity.conftest import PASSWORD, STRANGER, House, slug, user_id

JOKO = "joko@example.test"


async def test_wrong_passwords_at_once_are_compared_ten_times_at_most(house: House) -> None:
    answers = await asyncio.gather(*(house.log_in(JOKO, f"tebakan {n}") for n in range(30)))

    assert Counter(answer.status_code for answer in answers) == {401: 10, 429: 20}


async def test_the_answer_says_how_long_to_wait(house: House) -> None:
    for _ in range(10):
        await house.log_in(JOKO, "salah")

    answer = await house.log_in(JOKO, PASSWORD)

    assert slug(answer) == "too-many-tries"
    assert 0 < int(answer.headers["retry-after"]) <= 900


async def test_unknown_addresses_are_limited_alike(house: House) -> None:
    answers = [await house.log_in("nobody@example.test", "salah") for _ in range(11)]

    assert [answer.status_code for answer in answers] == [401] * 10 + [429]


async def test_a_stranger_does_not_lock_the_owner_out(house: House) -> None:
    for _ in range(12):
        await house.log_in(JOKO, "salah", address="198.51.100.66")

    assert (await house.log_in(JOKO, PASSWORD, address="203.0.113.7")).status_code == 201


async def test_capitals_do_not_give_more_tries(house: House) -> None:
    for _ in range(10):
        await house.log_in(JOKO, "salah")

    assert (await house.log_in("JOKO@example.test", PASSWORD)).status_code == 429


async def test_a_household_of_ipv6_addresses_is_one(house: House) -> None:
    for n in range(10):
        await house.log_in(JOKO, "salah", address=f"2001:db8:1:2::{n}")

    assert (await house.log_in(JOKO, PASSWORD, address="2001:db8:1:2:ffff::1")).status_code == 429
    assert (await house.log_in(JOKO, PASSWORD, address="2001:db8:1:3::1")).status_code == 201


async def test_an_ipv4_address_in_ipv6_clothes_is_the_same(house: House) -> None:
    for _ in range(10):
        await house.log_in(JOKO, "salah", address="::ffff:198.51.100.1")

    assert (await house.log_in(JOKO, PASSWORD, address="198.51.100.1")).status_code == 429


async def test_one_address_that_tries_many_accounts_is_stopped(house: House) -> None:
    await house.execute("DELETE FROM try_count")
    for n in range(5):
        await house.log_in(f"korban{n}@example.test", "salah")
    await house.execute("UPDATE try_count SET count = 300 WHERE count = 5")

    assert (await house.log_in("korban9@example.test", "salah")).status_code == 429
    answer = await house.log_in("korban9@example.test", "salah", address="198.51.100.9")
    assert answer.status_code == 401


async def test_success_forgets_the_tries_of_the_pair_and_gives_the_networks_back(
    house: House,
) -> None:
    for _ in range(25):
        assert (await house.log_in(JOKO)).status_code == 201

    rows = await house.fetch("SELECT count FROM try_count")
    assert [row["count"] for row in rows] == [0]


async def test_the_window_ends(house: House) -> None:
    for _ in range(11):
        await house.log_in(JOKO, "salah")
    await house.execute("UPDATE try_count SET expires_at = now() - interval '1 second'")

    assert (await house.log_in(JOKO, PASSWORD)).status_code == 201


async def test_refused_tries_do_not_prolong_the_wait(house: House) -> None:
    for _ in range(10):
        await house.log_in(JOKO, "salah")
    (before,) = await house.fetch("SELECT max(expires_at) AS at FROM try_count")
    for _ in range(5):
        await house.log_in(JOKO, "salah")

    (after,) = await house.fetch("SELECT max(expires_at) AS at FROM try_count")
    assert after == before


async def test_registrations_at_once_are_limited_by_address_typed_and_network(
    house: House,
) -> None:
    answers = await asyncio.gather(*(house.register() for _ in range(12)))

    assert Counter(answer.status_code for answer in answers) == {202: 5, 429: 7}
    assert (await house.register(email="budi@example.test")).status_code == 202


async def test_registering_is_limited_alike_for_known_addresses(house: House) -> None:
    answers = [await house.register(email="customer@example.test") for _ in range(6)]

    assert [answer.status_code for answer in answers] == [202] * 5 + [429]


async def test_asking_again_is_limited_alike_for_known_and_unknown(house: House) -> None:
    await house.register()
    for email in (STRANGER["email"], "nobody@example.test"):
        answers = [await house.post("/registrations/resend", {"email": email}) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [202] * 5 + [429]


async def test_guessing_the_present_password_in_a_stolen_session_is_limited(
    house: House,
) -> None:
    me = house.act("customer")
    body = {"current_password": "salah", "new_password": "jendela hijau 5"}

    answers = await asyncio.gather(*(house.put("/me/password", body, me) for _ in range(15)))

    assert Counter(answer.status_code for answer in answers) == {422: 10, 429: 5}


async def test_limits_are_kept_where_a_restart_does_not_forget_them_and_name_nobody(
    house: House,
) -> None:
    await house.log_in(JOKO, "salah")

    rows = await house.fetch("SELECT * FROM try_count")
    assert len(rows) == 2
    assert "joko" not in str([dict(row) for row in rows])
    assert user_id("joko").hex not in str([dict(row) for row in rows])

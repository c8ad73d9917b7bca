"""The link in each mail about tickets ends mails of its kind, for its person, and nothing else."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.links import LinkKeys, sign_link
from tests.fixtures.environment import LINK_KEYS
from tests.integration.identity.conftest import House, faults, slug, user_id

KEYS = LinkKeys.parse(LINK_KEYS)


def token_for(role: str, kind: str, days: int = 90) -> str:
    until = datetime.now(UTC) + timedelta(days=days)
    return sign_link(KEYS, f"unsubscribe_{kind}", user_id(role), until)


async def test_one_kind_of_mail_ends_and_the_portal_still_tells(house: House) -> None:
    body = {"kind": "replied", "token": token_for("joko", "replied")}

    first, second = [await house.post("/unsubscriptions", body) for _ in range(2)]

    assert first.json() == second.json() == {"kind": "replied"}
    (event,) = await house.events("user.updated")
    assert event["user"]["muted"] == ["email:replied"]
    rows = await house.fetch("SELECT 1 FROM audit_entry WHERE action = 'user.unsubscribed'")
    assert len(rows) == 1


async def test_a_token_of_another_kind_time_or_person_ends_nothing(house: House) -> None:
    for kind, token in (
        ("replied", token_for("joko", "solved")),
        ("replied", token_for("joko", "replied", days=-1)),
        ("new_ticket", token_for("joko", "new_ticket")),
        ("replied", token_for("nobody", "replied")),
        ("replied", token_for("joko", "replied")[:-2]),
    ):
        answer = await house.post("/unsubscriptions", {"kind": kind, "token": token})
        assert slug(answer) == "link-not-valid", kind
    assert await house.events("user.updated") == []


@pytest.mark.parametrize("token", ["", [], ["a"], None])
async def test_what_is_no_token_is_bad_input(house: House, token: object) -> None:
    answer = await house.post("/unsubscriptions", {"kind": "replied", "token": token})
    assert list(faults(answer)) == ["/token"]


async def test_messages_about_the_account_have_no_kind_to_end(house: House) -> None:
    body = {"kind": "password_changed", "token": token_for("joko", "password_changed")}
    assert list(faults(await house.post("/unsubscriptions", body))) == ["/kind"]

"""A copy of one's own data holds what is kept of oneself, and nothing that opens anything."""

from shared.auth import Actor
from tests.integration.identity.conftest import PASSWORD, House, faults, user_id

JOKO = Actor(user_id("joko"), "customer")
ASKED = {"current_password": PASSWORD}


async def test_one_gets_ones_account_lines_sessions_and_deeds(house: House) -> None:
    token = await house.token("joko@example.test")

    answer = await house.post("/own-data", ASKED, JOKO)

    assert answer.status_code == 200
    data = answer.json()
    assert data["account"]["email"] == "joko@example.test"
    assert data["account"]["phone"] == "+6281234567890"
    assert [line["number"] for line in data["service_lines"]] == ["PN-002"]
    assert [session["client_address"] for session in data["sessions"]] == ["203.0.113.7"]
    assert "session.begun" in {entry["action"] for entry in data["activity"]}
    assert token not in answer.text and "hash" not in answer.text


async def test_nobody_else_is_in_it(house: House) -> None:
    await house.token("customer@example.test")
    await house.post(f"/users/{JOKO.id}/deactivate", {}, house.act("admin"), address="198.51.100.1")
    await house.post(f"/users/{JOKO.id}/reactivate", {}, house.act("admin"), address="198.51.100.1")

    answer = await house.post("/own-data", ASKED, JOKO)

    assert "customer@example.test" not in answer.text and "PN-001" not in answer.text
    done = [entry for entry in answer.json()["activity"] if entry["action"] == "user.deactivated"]
    assert [(entry["is_own"], entry["client_address"]) for entry in done] == [(False, None)]


async def test_the_password_is_asked_for_and_the_taking_is_noted(house: House) -> None:
    wrong = await house.post("/own-data", {"current_password": "salah"}, JOKO)
    assert faults(wrong) == {"/current_password": "password_wrong"}

    await house.post("/own-data", ASKED, JOKO)

    (entry,) = await house.fetch("SELECT * FROM audit_entry WHERE action = 'user.data_exported'")
    assert entry["actor_id"] == entry["target_id"] == JOKO.id

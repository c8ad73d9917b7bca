"""Every change is told, each with the next version of its thing; snapshots tell all of it again."""

from collections import defaultdict
from uuid import UUID

from identity_service.worker import SNAPSHOTS, tidy_up
from shared import outbox
from shared.events import CONTRACTS
from tests.fixtures.environment import process_of, service_named
from tests.integration.identity.conftest import PASSWORD, STRANGER, House, user_id


async def busy_day(house: House) -> None:
    """A bit of everything."""
    admin = house.act("admin")
    await house.register()
    (token,) = await house.links(STRANGER["email"], "verify")
    await house.post("/registrations/verify", {"token": token})
    path = f"/users/{user_id('joko')}"
    await house.api.patch(path, {"name": "J"}, admin)
    await house.api.patch(path, {"phone": None}, admin)
    await house.post(f"{path}/deactivate", None, admin)
    await house.post(f"{path}/reactivate", None, admin)
    await house.put(
        "/me/password",
        {"current_password": PASSWORD, "new_password": "jendela hijau 5"},
        house.act("agent"),
    )
    await house.put("/roles/agent", {"permissions": []}, admin)
    body = {"name": "Baru", "email": "baru@example.test", "role": "technician"}
    await house.post("/users", body, admin)


async def test_versions_are_consecutive_and_the_last_is_the_rows(house: House) -> None:
    await busy_day(house)

    told: defaultdict[UUID, list[int]] = defaultdict(list)
    for row in await house.fetch("SELECT aggregate_id, aggregate_version FROM outbox ORDER BY id"):
        told[row["aggregate_id"]].append(row["aggregate_version"])
    for versions in told.values():
        assert versions == list(range(1, len(versions) + 1))
    for table in ("app_user", "role", "team", "area", "service_line"):
        rows = await house.fetch(f"SELECT id, version FROM {table}")
        assert {row["id"]: row["version"] for row in rows} == {
            row["id"]: len(told[row["id"]]) for row in rows
        }


async def test_every_event_fits_its_contract_and_names_its_aggregate(house: House) -> None:
    await busy_day(house)

    rows = await house.fetch("SELECT type, aggregate_id, payload FROM outbox")
    for row in rows:
        event = CONTRACTS[row["type"]].model_validate_json(row["payload"])
        facts = next((v for v in event.__dict__.values() if hasattr(v, "id")), None)
        assert (facts.id if facts else event.link_id) == row["aggregate_id"]  # type: ignore[attr-defined]


async def test_a_refused_change_tells_nothing(house: House) -> None:
    before = len(await house.fetch("SELECT 1 FROM outbox"))
    await house.api.patch(f"/users/{user_id('joko')}", {"role": "agent"}, house.act("admin"))
    await house.post(f"/users/{user_id('admin')}/deactivate", None, house.act("admin"))

    assert len(await house.fetch("SELECT 1 FROM outbox")) == before


async def test_snapshots_tell_the_present_state_at_the_present_version(house: House) -> None:
    await busy_day(house)
    async with house.api.db.transaction() as tx:
        for snapshots in SNAPSHOTS.values():
            async for aggregate_id, version, event in snapshots(tx):
                await outbox.add_snapshot(tx, aggregate_id, version, event)

    for family, table in (
        ("user", "app_user"),
        ("role", "role"),
        ("team", "team"),
        ("area", "area"),
        ("line", "service_line"),
    ):
        rows = await house.fetch(
            "SELECT aggregate_id, aggregate_version FROM outbox WHERE type = $1",
            f"{family}.snapshot",
        )
        things = await house.fetch(f"SELECT id, version FROM {table}")
        assert {tuple(row) for row in rows} == {tuple(row) for row in things}
        assert rows
    told = {e["user"]["id"]: e["user"] for e in await house.events("user.snapshot")}
    assert told[str(user_id("joko"))]["name"] == "J"
    assert told[str(user_id("agent"))]["team_ids"]


async def test_what_has_expired_is_deleted_and_the_rest_stays(house: House) -> None:
    await house.register()
    await house.token("joko@example.test")
    await house.token("agent@example.test")
    await house.execute(
        "UPDATE session SET expires_at = now() - interval '1 second' WHERE user_id = $1",
        user_id("joko"),
    )
    process = process_of(service_named("identity"), house.api.db)

    await tidy_up(process)
    rows = await house.fetch("SELECT user_id FROM session")
    assert [row["user_id"] for row in rows] == [user_id("agent")]
    assert len(await house.fetch("SELECT 1 FROM registration")) == 1
    assert len(await house.fetch("SELECT 1 FROM link")) == 1

    await house.execute("UPDATE registration SET expires_at = now() - interval '1 second'")
    await house.execute("UPDATE link SET expires_at = now() - interval '31 days'")
    await house.execute("UPDATE try_count SET expires_at = now() - interval '1 second'")
    await tidy_up(process)
    for table in ("registration", "link", "try_count"):
        assert await house.fetch(f"SELECT 1 FROM {table}") == []

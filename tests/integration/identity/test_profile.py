"""What people see and change of themselves."""

from tests.integration.identity.conftest import PASSWORD, House, faults, slug, user_id

NEXT = "jendela hijau 5"
PREFERENCES = "/me/notification-preferences"


async def test_one_sees_oneself_with_rights_and_teams(house: House) -> None:
    answer = await house.api.get("/me", house.act("agent"))

    me = answer.json()
    assert me["id"] == str(user_id("agent"))
    assert set(me["permissions"]) == house.act("agent").perms
    assert [team["key"] for team in me["teams"]] == ["noc"]
    assert answer.headers["etag"] == '"1"'
    customer = (await house.api.get("/me", house.act("customer"))).json()
    assert customer["permissions"] == customer["teams"] == []


async def test_one_changes_name_language_and_time_zone(house: House) -> None:
    change = {"name": " Budi  Baru ", "language": "en", "time_zone": "Asia/Jayapura"}

    answer = await house.api.patch("/me", change, house.act("customer"), if_match='"1"')

    assert answer.json()["name"] == "Budi Baru"
    (event,) = await house.events("user.updated")
    assert set(event["changes"]) == {"name", "language", "time_zone"}
    stale = await house.api.patch("/me", change, house.act("customer"), if_match='"1"')
    assert stale.status_code == 412


async def test_one_cannot_change_what_others_decide(house: House) -> None:
    for field in ("role", "kind", "email", "phone", "is_active", "team_ids", "id", "version"):
        answer = await house.api.patch("/me", {field: "admin"}, house.act("customer"))
        assert faults(answer) == {f"/{field}": "extra_forbidden"}


async def test_a_new_password_ends_all_sessions_and_begins_one(house: House) -> None:
    old = [await house.token("customer@example.test") for _ in range(2)]

    answer = await house.put(
        "/me/password",
        {"current_password": PASSWORD, "new_password": NEXT},
        house.act("customer"),
    )

    assert answer.status_code == 200
    assert {(await house.resolve(token)).status_code for token in old} == {401}
    assert (await house.resolve(answer.json()["token"])).status_code == 200
    assert (await house.log_in("customer@example.test")).status_code == 401
    assert (await house.log_in("customer@example.test", NEXT)).status_code == 201
    assert await house.versions(user_id("customer")) == [
        (1, "user.registered"),
        (2, "user.password_changed"),
    ]
    assert NEXT not in str(await house.events("user.password_changed"))


async def test_the_present_password_must_be_right(house: House) -> None:
    token = await house.token("customer@example.test")
    body = {"current_password": "salah", "new_password": NEXT}

    answer = await house.put("/me/password", body, house.act("customer"))

    assert faults(answer) == {"/current_password": "password_wrong"}
    assert (await house.resolve(token)).status_code == 200


async def test_a_new_password_must_be_hard_to_guess(house: House) -> None:
    for new, code in (
        ("short", "string_too_short"),
        ("x" * 129, "string_too_long"),
        ("password123", "password_common"),
        ("customer-2025", "password_context"),
    ):
        body = {"current_password": PASSWORD, "new_password": new}
        answer = await house.put("/me/password", body, house.act("customer"))
        assert faults(answer) == {"/new_password": code}


async def test_everything_is_told_until_one_says_otherwise(house: House) -> None:
    kinds = {
        "customer": ["received", "replied", "progress", "solved"],
        "agent": ["assigned", "customer_replied", "new_ticket"],
    }
    for role, own in kinds.items():
        answer = await house.api.get(PREFERENCES, house.act(role))
        assert answer.json() == {
            "items": [{"kind": kind, "email": True, "in_app": True} for kind in own],
            "quiet": None,
        }
        assert answer.headers["etag"] == '"1"'


async def test_one_switches_kinds_of_messages_off_and_on(house: House) -> None:
    me = house.act("customer")
    off = {"items": [{"kind": "progress", "email": False}, {"kind": "solved", "in_app": False}]}

    answer = await house.api.patch(PREFERENCES, off, me, if_match='"1"')

    wanted = {item["kind"]: (item["email"], item["in_app"]) for item in answer.json()["items"]}
    assert wanted == {
        "received": (True, True),
        "replied": (True, True),
        "progress": (False, True),
        "solved": (True, False),
    }
    (event,) = await house.events("user.updated")
    assert event["changes"] == {"muted": [[], ["email:progress", "in_app:solved"]]}
    assert event["user"]["muted"] == ["email:progress", "in_app:solved"]
    on = {"items": [{"kind": "progress", "email": True, "in_app": False}]}
    answer = await house.api.patch(PREFERENCES, on, me, if_match=answer.headers["etag"])
    assert answer.json() == (await house.api.get(PREFERENCES, me)).json()
    assert (await house.events("user.updated"))[-1]["user"]["muted"] == [
        "in_app:progress",
        "in_app:solved",
    ]


async def test_switching_to_what_is_already_so_tells_nobody(house: House) -> None:
    on = {"items": [{"kind": "progress", "email": True}]}
    answer = await house.api.patch(PREFERENCES, on, house.act("customer"))
    assert (answer.status_code, answer.headers["etag"]) == (200, '"1"')
    assert await house.events("user.updated") == []


async def test_one_switches_only_kinds_that_one_gets(house: House) -> None:
    me = house.act("customer")
    for items, pointer, code in (
        ([{"kind": "new_ticket", "email": False}], "/items", "kind_of_others"),
        ([{"kind": "password_changed", "email": False}], "/items/0/kind", "literal_error"),
        ([{"kind": "solved", "sms": False}], "/items/0/sms", "extra_forbidden"),
        ([], "/items", "too_short"),
    ):
        answer = await house.api.patch(PREFERENCES, {"items": items}, me)
        assert faults(answer)[pointer] == code
    off = {"items": [{"kind": "solved", "email": False}]}
    assert (await house.api.patch(PREFERENCES, off, me, if_match='"7"')).status_code == 412
    assert await house.events("user.updated") == []


async def test_quiet_hours_are_set_kept_and_ended(house: House) -> None:
    me = house.act("customer")
    hours = {"starts": "21:30", "ends": "06:00"}

    answer = await house.api.patch(PREFERENCES, {"quiet": hours}, me, if_match='"1"')

    assert answer.json()["quiet"] == hours
    (event,) = await house.events("user.updated")
    assert event["changes"] == {"quiet_from": [None, "21:30"], "quiet_to": [None, "06:00"]}
    assert (event["user"]["quiet_from"], event["user"]["quiet_to"]) == ("21:30", "06:00")
    off = {"items": [{"kind": "solved", "email": False}]}
    assert (await house.api.patch(PREFERENCES, off, me)).json()["quiet"] == hours
    assert (await house.api.patch(PREFERENCES, {"quiet": None}, me)).json()["quiet"] is None


async def test_what_is_no_span_of_time_is_refused(house: House) -> None:
    for quiet, pointer in (
        ({"starts": "21:30", "ends": "21:30"}, "/quiet/ends"),
        ({"starts": "24:00", "ends": "06:00"}, "/quiet/starts"),
        ({"starts": "9:00", "ends": "06:00"}, "/quiet/starts"),
        ({"starts": "21:30"}, "/quiet/ends"),
        ("21:30-06:00", "/quiet"),
    ):
        answer = await house.api.patch(PREFERENCES, {"quiet": quiet}, house.act("customer"))
        assert list(faults(answer)) == [pointer], quiet
    assert list(faults(await house.api.patch(PREFERENCES, {}, house.act("customer")))) == ["/items"]


async def test_other_changes_leave_what_is_muted(house: House) -> None:
    off = {"items": [{"kind": "solved", "email": False}]}
    await house.api.patch(PREFERENCES, off, house.act("customer"))
    await house.api.patch("/me", {"name": "Baru"}, house.act("customer"))
    assert (await house.events("user.updated"))[-1]["user"]["muted"] == ["email:solved"]


async def test_a_deactivated_person_is_nobody(house: House) -> None:
    await house.execute("UPDATE app_user SET is_active = false WHERE id = $1", user_id("customer"))
    me = house.act("customer")

    for answer in (
        await house.api.get("/me", me),
        await house.api.patch("/me", {"name": "X"}, me),
        await house.api.get(PREFERENCES, me),
        await house.api.patch(PREFERENCES, {"items": [{"kind": "solved", "email": True}]}, me),
        await house.put("/me/password", {"current_password": PASSWORD, "new_password": NEXT}, me),
    ):
        assert slug(answer) == "unauthenticated"

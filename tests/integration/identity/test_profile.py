"""What people see and change of themselves."""

from tests.integration.identity.conftest import PASSWORD, House, faults, slug, user_id

NEXT = "jendela hijau 5"


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


async def test_the_phone_number_asks_for_the_password_and_begins_a_new_session(
    house: House,
) -> None:
    old = await house.token("joko@example.test")
    me = type(house.act("customer"))(user_id("joko"), "customer")

    wrong = await house.put("/me/phone", {"phone": "0811222333", "current_password": "x"}, me)
    assert faults(wrong) == {"/current_password": "password_wrong"}
    right = await house.put("/me/phone", {"phone": "0811222333", "current_password": PASSWORD}, me)

    assert right.status_code == 200
    assert (await house.resolve(old)).status_code == 401
    assert (await house.resolve(right.json()["token"])).status_code == 200
    (event,) = await house.events("user.updated")
    assert event["changes"] == {"phone": ["+6281234567890", "+62811222333"]}
    none = await house.put("/me/phone", {"phone": None, "current_password": PASSWORD}, me)
    assert none.status_code == 200


async def test_a_deactivated_person_is_nobody(house: House) -> None:
    await house.execute("UPDATE app_user SET is_active = false WHERE id = $1", user_id("customer"))
    me = house.act("customer")

    for answer in (
        await house.api.get("/me", me),
        await house.api.patch("/me", {"name": "X"}, me),
        await house.put("/me/password", {"current_password": PASSWORD, "new_password": NEXT}, me),
    ):
        assert slug(answer) == "unauthenticated"

"""Staff and customers who are invited, and how they take over their account."""

from tests.integration.identity.conftest import House, faults, slug, user_id

ANI = "ani@example.test"
OWN = "sepeda biru 42"


def invitation(role: str, **given: object) -> dict[str, object]:
    """What an inviter types."""
    return {"name": "Ani Wijaya", "email": ANI, "role": role} | given


async def test_an_invited_employee_takes_over_the_account(house: House) -> None:
    team = str(house.act("admin").teams[0])
    answer = await house.post(
        "/users", invitation("agent", phone="08123456789", team_ids=[team]), house.act("admin")
    )

    assert answer.status_code == 201
    invited = answer.json()
    assert answer.headers["location"] == f"/users/{invited['id']}"
    assert answer.headers["etag"] == '"1"'
    assert invited["team_ids"] == [team]
    assert invited["kind"] == "staff"
    assert not invited["is_email_verified"]

    (token,) = await house.links(ANI, "invite")
    shown = await house.api.get(f"/invitations/{token}")
    assert {k: shown.json()[k] for k in ("name", "email", "role", "kind")} == {
        "name": "Ani Wijaya",
        "email": ANI,
        "role": "agent",
        "kind": "staff",
    }
    accepted = await house.post(
        "/invitations/accept", {"token": token, "password": OWN, "name": "Ani W."}
    )
    assert accepted.status_code == 200
    session = await house.log_in(ANI, OWN)
    assert session.json()["user"]["name"] == "Ani W."
    assert await house.versions(invited["id"]) == [(1, "user.registered"), (2, "user.updated")]


async def test_looking_at_an_invitation_changes_nothing(house: House) -> None:
    await house.post("/users", invitation("agent"), house.act("admin"))
    (token,) = await house.links(ANI, "invite")

    for _ in range(3):
        assert (await house.api.get(f"/invitations/{token}")).status_code == 200
    answer = await house.post("/invitations/accept", {"token": token, "password": OWN})
    assert answer.status_code == 200


async def test_an_invitation_is_good_once(house: House) -> None:
    await house.post("/users", invitation("agent"), house.act("admin"))
    (token,) = await house.links(ANI, "invite")
    await house.post("/invitations/accept", {"token": token, "password": OWN})

    again = await house.post("/invitations/accept", {"token": token, "password": "yang lain 77"})

    assert slug(again) == "link-not-valid"
    assert slug(await house.api.get(f"/invitations/{token}")) == "link-not-valid"
    assert (await house.log_in(ANI, OWN)).status_code == 201


async def test_an_invitation_can_be_sent_again_until_it_is_accepted(house: House) -> None:
    invited = (await house.post("/users", invitation("agent"), house.act("admin"))).json()
    path = f"/users/{invited['id']}/invitation"

    assert (await house.post(path, None, house.act("supervisor"))).status_code == 202
    first, second = await house.links(ANI, "invite")
    await house.post("/invitations/accept", {"token": second, "password": OWN})

    assert slug(await house.post(path, None, house.act("admin"))) == "invitation-already-accepted"
    other = await house.post("/invitations/accept", {"token": first, "password": OWN})
    assert slug(other) == "link-not-valid"


async def test_nobody_is_sent_more_than_five_invitations_a_day(house: House) -> None:
    invited = (await house.post("/users", invitation("agent"), house.act("admin"))).json()
    path = f"/users/{invited['id']}/invitation"

    answers = [await house.post(path, None, house.act("admin")) for _ in range(5)]

    assert [answer.status_code for answer in answers] == [202] * 4 + [429]
    assert slug(answers[-1]) == "too-many-invitations"


async def test_the_invitation_of_a_deactivated_person_is_dead(house: House) -> None:
    invited = (await house.post("/users", invitation("agent"), house.act("admin"))).json()
    (token,) = await house.links(ANI, "invite")
    await house.post(f"/users/{invited['id']}/deactivate", None, house.act("admin"))

    assert slug(await house.api.get(f"/invitations/{token}")) == "link-not-valid"
    answer = await house.post("/invitations/accept", {"token": token, "password": OWN})
    assert slug(answer) == "link-not-valid"
    again = await house.post(f"/users/{invited['id']}/invitation", None, house.act("admin"))
    assert slug(again) == "user-already-deactivated"


async def test_nobody_invites_somebody_with_more_rights_than_their_own(house: House) -> None:
    for inviter, role, status in (
        ("agent", "customer", 201),
        ("agent", "technician", 403),
        ("agent", "agent", 403),
        ("supervisor", "agent", 201),
        ("supervisor", "supervisor", 201),
        ("supervisor", "admin", 403),
        ("admin", "admin", 201),
        ("technician", "customer", 403),
        ("customer", "customer", 403),
    ):
        email = f"{inviter}-{role}@example.test"
        answer = await house.post("/users", invitation(role, email=email), house.act(inviter))
        assert answer.status_code == status, (inviter, role)
        known = await house.fetch("SELECT 1 FROM app_user WHERE email = $1", email)
        assert bool(known) == (status == 201)


async def test_an_address_that_is_known_is_told_to_staff(house: House) -> None:
    answer = await house.post(
        "/users", invitation("customer", email="Joko@example.test"), house.act("agent")
    )

    assert answer.status_code == 409
    assert slug(answer) == "email-taken"


async def test_what_does_not_exist_is_refused_with_a_pointer(house: House) -> None:
    ask = house.act("admin")
    nowhere = str(user_id("joko"))

    unknown_role = await house.post("/users", invitation("wizard"), ask)
    unknown_team = await house.post("/users", invitation("agent", team_ids=[nowhere]), ask)
    customers_team = await house.post(
        "/users", invitation("customer", team_ids=[str(ask.teams[0])]), ask
    )

    assert faults(unknown_role) == {"/role": "unknown_role"}
    assert faults(unknown_team) == {"/team_ids": "unknown_team"}
    assert faults(customers_team) == {"/team_ids": "role_kind"}


async def test_the_same_key_twice_is_one_invitation(house: House) -> None:
    answers = [
        await house.post(
            "/users", invitation("customer"), house.act("agent"), idempotency_key="form-1"
        )
        for _ in range(2)
    ]

    assert [a.status_code for a in answers] == [201, 201]
    assert answers[0].content == answers[1].content
    assert len(await house.links(ANI, "invite")) == 1


async def test_an_easy_password_is_refused_and_the_invitation_stays_good(house: House) -> None:
    await house.post("/users", invitation("agent"), house.act("admin"))
    (token,) = await house.links(ANI, "invite")

    for password in ("password123", "ani wijaya"):
        answer = await house.post("/invitations/accept", {"token": token, "password": password})
        assert "/password" in faults(answer)

    assert (await house.api.get(f"/invitations/{token}")).status_code == 200

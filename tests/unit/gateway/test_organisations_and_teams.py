"""Pages about organisations and teams, and a customer who sees the company's tickets."""

import pytest

from identity_service.organisations.domain import MemberElsewhere, OrganisationExists
from identity_service.teams.domain import TeamChangedMeanwhile, TeamExists
from tests.unit.gateway import samples
from tests.unit.gateway.conftest import Visitor
from tests.unit.gateway.upstream import Upstream

PAGE = f"/admin/organisations/{samples.TEAM_ID}"
MEMBER = f"/organisations/{samples.TEAM_ID}/members/{samples.BUDI_ID}"


async def test_an_organisation_is_made_and_shown(visitor: Visitor, upstream: Upstream) -> None:
    upstream.answers("POST", "/organisations", samples.organisation(), 201)
    answer = await visitor.as_agent().post("/admin/organisations", name="PT Maju")
    assert answer.headers["location"] == f"{PAGE}?done=saved"
    assert upstream.last("POST", "/organisations").json() == {"name": "PT Maju"}


async def test_a_name_that_is_taken_comes_back_in_its_form(
    visitor: Visitor, upstream: Upstream
) -> None:
    upstream.refuses("POST", "/organisations", OrganisationExists())
    answer = await visitor.as_agent().post("/admin/organisations", name="PT Maju")
    assert answer.status_code == 409
    assert 'value="PT Maju"' in answer.text and 'role="alert"' in answer.text


async def test_what_a_member_sees_is_changed_and_ended(
    visitor: Visitor, upstream: Upstream
) -> None:
    upstream.answers("PUT", MEMBER, samples.member(membership="company_read"))
    upstream.answers("DELETE", MEMBER, None, 204)
    visitor.as_agent()
    fields = {"user_id": samples.BUDI_ID, "membership": "company_read"}
    answer = await visitor.post(f"{PAGE}/members", **fields)
    assert answer.status_code == 303
    assert upstream.last("PUT", MEMBER).json() == {"membership": "company_read"}
    await visitor.post(f"{PAGE}/members", user_id=samples.BUDI_ID, membership="")
    assert len(upstream.all("DELETE", MEMBER)) == 1


async def test_somebody_who_belongs_elsewhere_is_told(visitor: Visitor, upstream: Upstream) -> None:
    upstream.refuses("PUT", MEMBER, MemberElsewhere())
    fields = {"user_id": samples.BUDI_ID, "membership": "own"}
    answer = await visitor.as_agent().post(f"{PAGE}/members", **fields)
    assert answer.status_code == 409 and 'role="alert"' in answer.text


async def test_customers_are_looked_for_by_name(visitor: Visitor, upstream: Upstream) -> None:
    await visitor.as_agent().get(PAGE)
    assert not upstream.all("GET", "/users")
    page = (await visitor.get(f"{PAGE}?q=budi")).text
    assert "kind=customer" in upstream.last("GET", "/users").query
    assert 'name="user_id" value="' + samples.BUDI_ID in page


async def test_a_team_is_made_renamed_and_switched_off(
    visitor: Visitor, upstream: Upstream
) -> None:
    team = samples.TEAMS["items"][0]
    upstream.answers("POST", "/teams", team, 201)
    upstream.answers("PATCH", "/teams/.*", team)
    visitor.as_agent()
    await visitor.post("/admin/teams", name="Tim Lapangan Timur")
    made = upstream.last("POST", "/teams").json()
    assert made == {"key": "tim-lapangan-timur", "name": "Tim Lapangan Timur"}
    await visitor.post(f"/admin/teams/{samples.TEAM_ID}", name="NOC 24 jam", version="1")
    renamed = upstream.last("PATCH", "/teams/.*")
    assert (renamed.json(), renamed.headers["If-Match"]) == ({"name": "NOC 24 jam"}, '"1"')
    await visitor.post(f"/admin/teams/{samples.TEAM_ID}/switch", is_active="false", version="1")
    assert upstream.last("PATCH", "/teams/.*").json() == {"is_active": False}


@pytest.mark.parametrize(
    ("path", "problem", "status"),
    [
        ("/admin/teams", TeamExists(), 409),
        (f"/admin/teams/{samples.TEAM_ID}", TeamChangedMeanwhile(version=2), 412),
    ],
)
async def test_a_refused_team_comes_back_with_its_words(
    visitor: Visitor, upstream: Upstream, path: str, problem: Exception, status: int
) -> None:
    for method in ("POST", "PATCH"):
        upstream.refuses(method, "/teams.*", problem)  # type: ignore[arg-type]
    answer = await visitor.as_agent().post(path, name="Tim Ungu", version="1")
    assert answer.status_code == status
    assert 'value="Tim Ungu"' in answer.text


@pytest.mark.parametrize("path", ["/admin/teams", "/admin/organisations", PAGE])
async def test_these_pages_are_closed_to_whom_they_do_not_concern(
    visitor: Visitor, upstream: Upstream, path: str
) -> None:
    session = samples.session("staff") | {"perms": ["ticket.reply"]}
    upstream.answers("POST", "/sessions/resolve", session)
    assert (await visitor.as_agent().get(path)).status_code == 404


async def test_a_company_reader_switches_to_the_companys_tickets(
    visitor: Visitor, upstream: Upstream
) -> None:
    organisation = {"id": samples.TEAM_ID, "name": "PT Maju", "membership": "company_read"}
    session = samples.session() | {"orgs": [samples.TEAM_ID], "organisation": organisation}
    upstream.answers("POST", "/sessions/resolve", session)
    own = await visitor.as_customer().get("/tickets")
    assert f"requester={samples.BUDI_ID}" in upstream.last("GET", "/tickets").query
    assert 'href="/tickets?of=company"' in own.text and "PT Maju" in own.text
    companys = await visitor.get("/tickets?of=company")
    assert "requester=" not in upstream.last("GET", "/tickets").query
    assert 'name="of" value="company"' in companys.text
    assert "Budi Santoso ·" in companys.text


async def test_who_sees_only_their_own_has_no_switch(visitor: Visitor, upstream: Upstream) -> None:
    page = await visitor.as_customer().get("/tickets?of=company")
    assert f"requester={samples.BUDI_ID}" in upstream.last("GET", "/tickets").query
    assert 'href="/tickets?of=company"' not in page.text

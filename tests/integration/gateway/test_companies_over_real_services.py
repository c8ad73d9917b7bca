"""Companies and acting in a customer's place, through the pages, before the real services."""

from shared.ids import derived_id
from tests.fixtures.system import hidden_fields
from tests.integration.gateway.conftest import Browser, House

BUDI = derived_id("user", "budi@example.test")
SARI = derived_id("user", "sari@example.test")


async def send(browser: Browser, page: str, target: str, **fields: str) -> str:
    """Send one of the forms of a page; gives where it leads."""
    shown = await browser.get(page)
    assert shown.status_code == 200, shown.text
    hidden = hidden_fields(shown.text, target)
    answer = await browser.client.post(target, data=hidden | fields)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def test_a_company_reader_finds_a_colleagues_ticket_until_they_no_longer_may(
    house: House,
) -> None:
    admin, budi, sari = [await house.logged_in(who) for who in ("agus", "budi", "sari")]
    page = (await send(admin, "/admin/organisations", "/admin/organisations", name="PT Maju"))[:-11]
    for person, membership in ((BUDI, "own"), (SARI, "company_read")):
        fields = {"user_id": str(person), "membership": membership}
        form = f"{page}?q=example.test"
        await send(admin, form, f"{page}/members", **fields)
    await house.spread_news()
    house.portal.sessions.forget(sari.client.cookies["session"])

    number = await budi.report(subject="Internet kantor mati")

    assert number not in (await sari.get("/tickets")).text
    companys = (await sari.get("/tickets?of=company")).text
    assert number in companys and "Budi Santoso ·" in companys
    shown = (await sari.get(f"/tickets/{number}")).text
    assert "Internet kantor mati" in shown and f'action="/tickets/{number}/replies"' not in shown
    assert "of=company" not in (await budi.get("/tickets")).text

    gone = {"user_id": str(SARI), "membership": ""}
    await send(admin, page, f"{page}/members", **gone)
    house.portal.sessions.forget(sari.client.cookies["session"])
    assert (await sari.get(f"/tickets/{number}")).status_code == 404


async def test_an_admin_acts_in_a_customers_place_and_both_are_named(house: House) -> None:
    admin, budi = await house.logged_in("agus"), await house.logged_in("budi")
    number = await budi.report()
    person = f"/admin/people/{BUDI}"
    reason = "Membantu lewat telepon"
    assert await send(admin, person, f"{person}/impersonation", reason=reason) == "/"

    page = (await admin.get(f"/tickets/{number}")).text
    assert 'class="standin"' in page and "atas nama Budi Santoso" in page
    answer = await admin.submit(
        f"/tickets/{number}/replies", f"/tickets/{number}", body="Saya tuliskan untuk Bapak"
    )
    assert answer.status_code == 303
    assert "ditulis oleh" in (await budi.get(f"/tickets/{number}")).text
    assert (await admin.get("/admin/people")).status_code == 403
    hidden = hidden_fields((await admin.get("/account")).text, "/account/profile#profile")
    refused = await admin.client.post("/account/profile", data=hidden | {"name": "Lain"})
    assert refused.status_code == 403

    back = await send(admin, "/tickets", "/impersonation/end")
    assert back == person
    assert (await admin.get("/admin/people")).status_code == 200
    async with house.identity.db.read() as connection:
        rows = await connection.fetch(
            "SELECT action FROM audit_entry WHERE action LIKE 'impersonation.%' ORDER BY id"
        )
    assert [row["action"] for row in rows] == ["impersonation.begun", "impersonation.ended"]

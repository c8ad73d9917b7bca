"""Areas, customers and lines as files: complete, harmless to spreadsheets, and noted."""

import csv
import io
from pathlib import Path

import pytest

from identity_service.exports.handlers import rows_after
from shared.auth import Actor, NotPermitted
from tests.integration.identity.conftest import House, faults, slug, user_id
from tests.integration.identity.importing import AREAS, CUSTOMERS, LINES, Importing, tally


@pytest.fixture
def importing(house: House, tmp_path: Path) -> Importing:
    return Importing(house, tmp_path / "files")


async def table(house: House, kind: str) -> list[list[str]]:
    answer = await house.api.get(f"/exports/{kind}", house.act("admin"))
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == f'attachment; filename="{kind}.csv"'
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


async def test_what_was_imported_comes_out_and_changes_nothing_when_it_comes_in_again(
    importing: Importing,
) -> None:
    house = importing.house
    for kind, content in (("areas", AREAS), ("customers", CUSTOMERS), ("lines", LINES)):
        await importing.run(kind, content)
        answer = await house.api.get(f"/exports/{kind}", importing.actor)
        again = await importing.run(kind, answer.content)
        rows = len(await table(house, kind)) - 1
        assert tally(again) == (0, 0, rows, 0)


async def test_no_cell_is_a_formula(importing: Importing) -> None:
    await importing.run("customers", "email,name,phone\na@b.test,'=1+1,+6281211112222\n")
    rows = {row[0]: row for row in await table(importing.house, "customers")}
    assert rows["a@b.test"] == ["a@b.test", "'=1+1", "'+6281211112222", "id"]


async def test_many_rows_come_page_after_page(importing: Importing) -> None:
    rows = "".join(f"p{n:04}@example.test,Orang {n}\n" for n in range(2_100))
    await importing.run("customers", f"email,name\n{rows}")
    emails = [row[0] for row in await table(importing.house, "customers")][1:]
    assert len(emails) == 2_102
    assert emails == sorted(set(emails))


async def test_whoever_exports_is_in_the_audit_log(house: House) -> None:
    await table(house, "lines")
    (entry,) = await house.fetch("SELECT * FROM audit_entry WHERE action = 'data.exported'")
    assert (entry["actor_id"], entry["after"]) == (user_id("admin"), {"kind": "lines"})


async def test_the_right_to_export_is_not_enough_to_see_the_rows(house: House) -> None:
    only = Actor(user_id("admin"), "staff", perms=frozenset({"export.run"}))
    for kind in ("areas", "customers", "lines"):
        assert slug(await house.api.get(f"/exports/{kind}", only)) == "not-permitted"
    wrong = await house.api.get("/exports/passwords", house.act("admin"))
    assert list(faults(wrong).values()) == ["literal_error"]


async def test_whose_a_line_is_says_the_file_only_to_those_who_may_look_people_up(
    house: House,
) -> None:
    may = frozenset({"export.run", "line.read"})
    only = Actor(user_id("admin"), "staff", perms=may)
    answer = await house.api.get("/exports/lines", only)
    assert answer.status_code == 200
    assert "@" not in answer.text
    assert {row[1] for row in await table(house, "lines")} > {"email"}


async def test_who_loses_the_right_on_the_way_gets_no_further_page(house: House) -> None:
    admin = house.act("admin")
    async with house.api.db.read() as connection:
        assert await rows_after(connection, admin, "customers", "")
    await house.execute("UPDATE role SET permissions = '{user.read}' WHERE name = 'admin'")
    async with house.api.db.read() as connection:
        with pytest.raises(NotPermitted):
            await rows_after(connection, admin, "customers", "")

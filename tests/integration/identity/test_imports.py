"""Areas, customers and lines from files: looked at, checked, made once, whatever happens meanwhile."""

import asyncio
from itertools import count
from pathlib import Path

import pytest

from identity_service.imports.domain import MAX_ROWS
from identity_service.main import SERVICE
from identity_service.roles.handlers import create_default_roles
from identity_service.seeds.handlers import plant
from identity_service.seeds.schemas import Seed
from identity_service.worker import remove_imports
from shared.auth import Actor
from shared.db import Database
from shared.ids import derived_id, uuid7
from tests.bench.imports import in_a_process
from tests.fixtures.databases import UrlFactory
from tests.fixtures.environment import process_of
from tests.integration.identity.conftest import SEED, House, faults, slug, user_id
from tests.integration.identity.importing import AREAS, CUSTOMERS, LINES, Importing, tally


@pytest.fixture
def importing(house: House, tmp_path: Path) -> Importing:
    return Importing(house, tmp_path / "files")


async def test_a_file_is_shown_before_anything_is_made(importing: Importing) -> None:
    job = await importing.received("customers", CUSTOMERS)

    assert job["state"] == "received"
    assert job["rows"] == 2
    assert job["mapping"] == {"email": 1, "name": 0, "phone": 2, "language": 3}
    assert job["missing"] == []
    assert job["sample"][0] == ["Ani Wijaya", "ani@example.test", "0812 1111 2222", "Indonesia"]
    assert job["sample_faults"] == []
    assert not await importing.runner().run_next()


async def test_what_is_wrong_in_the_first_rows_is_shown_with_them(importing: Importing) -> None:
    job = await importing.received("customers", "email,nama,hp\nani,Ani,12\n")

    assert [(f["row"], f["field"], f["code"]) for f in job["sample_faults"]] == [
        (2, "email", "email"),
        (2, "phone", "phone"),
    ]


async def test_a_dry_run_says_what_would_be_and_makes_nothing(importing: Importing) -> None:
    before = await importing.house.fetch("SELECT count(*) FROM app_user")
    job = await importing.check("customers", CUSTOMERS, invites=True)

    assert (job["state"], tally(job), job["percent"]) == ("checked", (2, 0, 0, 0), 100)
    assert job["tally"]["invited"] == 2
    assert await importing.house.fetch("SELECT count(*) FROM app_user") == before
    assert len(await importing.house.events("user.registered")) == 6
    answer = await importing.queue(job["id"], "start")
    assert answer.json()["state"] == "queued"
    await importing.runner().run_next()
    assert tally(await importing.show(job["id"])) == (2, 0, 0, 0)


async def test_nodes_are_made_from_the_root_whatever_their_order(importing: Importing) -> None:
    dry = await importing.check("areas", AREAS)
    job = await importing.run("areas", AREAS)

    assert tally(dry) == tally(job) == (4, 0, 0, 0)
    rows = await importing.house.fetch("SELECT path FROM area WHERE key = 'sda-1-a'")
    way = [derived_id("area", key) for key in ("sda", "sda-kota", "sda-1", "sda-1-a")]
    assert list(rows[0]["path"]) == way
    event = (await importing.house.events("area.created"))[-1]
    assert event["area"]["path"] == [str(each) for each in way]


async def test_customers_are_made_without_mail_unless_it_is_wanted(importing: Importing) -> None:
    job = await importing.run("customers", CUSTOMERS)

    assert (job["state"], tally(job)) == ("finished", (2, 0, 0, 0))
    assert await importing.house.links("ani@example.test", "invite") == []
    (ani,) = await importing.house.fetch("SELECT * FROM app_user WHERE email = 'ani@example.test'")
    assert (ani["phone"], ani["language"], ani["kind"]) == ("+6281211112222", "id", "customer")
    assert not ani["is_email_verified"]
    assert await importing.house.versions(ani["id"]) == [(1, "user.registered")]

    again = await importing.run("customers", CUSTOMERS, invites=True)

    assert (tally(again), again["tally"]["invited"]) == ((0, 0, 2, 0), 2)
    assert len(await importing.house.links("ani@example.test", "invite")) == 1
    third = await importing.run("customers", CUSTOMERS, invites=True)
    assert third["tally"]["invited"] == 0


async def test_lines_are_made_for_their_customers(importing: Importing) -> None:
    job = await importing.run("lines", LINES)

    assert tally(job) == (2, 0, 0, 0)
    answer = await importing.house.api.get("/service-lines", importing.actor, q="PN-100")
    (line,) = answer.json()["items"]
    assert line["customer"] == "Orang Customer"
    assert (line["latitude"], line["longitude"]) == (-7.325, 112.78)
    assert (line["area"]["key"], line["state"]) == ("sby-rkt-1-a", "active")
    assert await importing.house.versions(line["id"]) == [(1, "line.created")]


async def test_the_same_file_again_makes_nothing_twice(importing: Importing) -> None:
    for kind, content, rows in (
        ("areas", AREAS, 4),
        ("customers", CUSTOMERS, 2),
        ("lines", LINES, 2),
    ):
        assert tally(await importing.run(kind, content)) == (rows, 0, 0, 0)
        count = "SELECT count(*) FROM outbox"
        before = await importing.house.fetch(count)
        assert tally(await importing.run(kind, content)) == (0, 0, rows, 0)
        assert await importing.house.fetch(count) == before


async def test_another_value_changes_what_exists_and_tells_it(importing: Importing) -> None:
    for kind, content, old, new in (
        ("areas", AREAS, "Sidoarjo Kota", "Sidoarjo Pusat"),
        ("customers", CUSTOMERS, "Ani Wijaya", "Ani W. Putri"),
        ("lines", LINES, "Fiber 100", "Fiber 200"),
    ):
        await importing.run(kind, content)
        kept = await importing.run(kind, content.replace(old, new), updates=False)
        assert tally(kept)[1] == 0
        job = await importing.run(kind, content.replace(old, new))
        assert tally(job)[:2] == (0, 1)
    line = derived_id("line", "PN-100")
    assert await importing.house.versions(line) == [(1, "line.created"), (2, "line.updated")]
    (changed,) = await importing.house.events("user.updated")
    assert changed["changes"] == {"name": ["Ani Wijaya", "Ani W. Putri"]}
    (entry,) = await importing.house.fetch(
        "SELECT * FROM audit_entry WHERE action = 'line.changed' AND target_id = $1", line
    )
    assert (entry["before"], entry["after"]) == ({"plan": "Fiber 100"}, {"plan": "Fiber 200"})
    assert entry["actor_id"] == user_id("admin")


async def test_a_node_moves_with_all_that_is_below_it(importing: Importing) -> None:
    await importing.run("areas", AREAS)
    job = await importing.run("areas", "key,kind,name,parent\nsda-kota,pop,Sidoarjo Kota,sby\n")

    assert tally(job) == (0, 1, 0, 0)
    rows = await importing.house.fetch("SELECT path[1] AS root FROM area WHERE key = 'sda-1-a'")
    assert rows[0]["root"] == derived_id("area", "sby")


async def test_people_who_have_taken_over_keep_what_they_say_about_themselves(
    importing: Importing,
) -> None:
    job = await importing.run("customers", "email,name\njoko@example.test,Nama Lain\n")

    assert tally(job) == (0, 0, 1, 0)
    rows = await importing.house.fetch(
        "SELECT name FROM app_user WHERE email = 'joko@example.test'"
    )
    assert rows[0]["name"] == "Joko Widodo"


@pytest.mark.parametrize(
    ("kind", "rows", "expected"),
    [
        ("areas", "x y,region,X,", [(2, "key", "string_pattern_mismatch")]),
        ("areas", "x,kota,X,", [(2, "kind", "area_kind")]),
        ("areas", "x,pop,X,", [(2, "parent", "no_parent")]),
        ("areas", "x,pop,X,nowhere", [(2, "parent", "unknown_area")]),
        ("areas", "x,odp,X,sby", [(2, "parent", "misplaced")]),
        ("areas", "sby,pop,X,sby", [(2, "kind", "other_kind")]),
        ("areas", "x,region,=1+1,", [(2, "name", "formula")]),
        ("areas", "x,region,X,,,,Y", [(2, "", "too_many_cells")]),
        ("areas", "x,region,X,\n\nX,region,Y,", [(4, "key", "repeated")]),
        ("customers", "ani@,Ani,", [(2, "email", "email")]),
        ("customers", ",Ani,", [(2, "email", "missing")]),
        ("customers", "a@example.test,,", [(2, "name", "missing")]),
        ("customers", "a@example.test,Ani,12", [(2, "phone", "phone")]),
        ("customers", "agent@example.test,Ani,", [(2, "email", "staff")]),
        ("customers", "a@example.test,\tAni\x07,", [(2, "name", "characters")]),
        ("customers", "a@example.test,Ani\nb@example.test,+Budi", [(3, "name", "formula")]),
        ("customers", "a@example.test,Ani\nA@EXAMPLE.test,Ani", [(3, "email", "repeated")]),
        ("lines", "PN-9,nobody@example.test,F,J,", [(2, "email", "unknown_customer")]),
        ("lines", "PN-9,agent@example.test,F,J,", [(2, "email", "unknown_customer")]),
        ("lines", "PN-9,joko@example.test,F,J,nowhere", [(2, "area", "unknown_area")]),
        ("lines", "PN-9,joko@example.test,F,@J,", [(2, "address", "formula")]),
        ("lines", "PN-9,joko@example.test,F,J,,mati", [(2, "state", "line_state")]),
        ("lines", "PN-9,joko@example.test,F,J,,,91,0", [(2, "latitude", "less_than_equal")]),
        ("lines", "PN-9,joko@example.test,F,J,,,x,0", [(2, "latitude", "degrees")]),
        ("lines", "PN-9,joko@example.test,F,J,,,1,", [(2, "longitude", "half_a_place")]),
        ("lines", "p,joko@example.test,F,J", [(2, "number", "string_pattern_mismatch")]),
        (
            "lines",
            "PN-9,joko@example.test,F,J\npn-9,joko@example.test,F,J",
            [(3, "number", "repeated")],
        ),
    ],
)
async def test_a_row_that_is_wrong_is_told_and_the_others_are_made(
    importing: Importing, kind: str, rows: str, expected: list[tuple[int, str, str]]
) -> None:
    head, good = {
        "areas": ("key,kind,name,parent", "good,region,Good,"),
        "customers": ("email,name,phone", "good@example.test,Good,"),
        "lines": (
            "number,email,plan,address,area,state,latitude,longitude",
            "GOOD-1,joko@example.test,Fiber,Jl. Baik 1",
        ),
    }[kind]
    content = f"{head}\n{rows}\n{good}\n"

    dry, job = await importing.check(kind, content), await importing.run(kind, content)

    assert await importing.faults(dry["id"]) == await importing.faults(job["id"]) == expected
    assert tally(dry) == tally(job)
    assert job["tally"]["failed"] == len({row for row, _, _ in expected})
    others = [row for row in (*rows.splitlines(), good) if row]
    assert job["tally"]["created"] == len(others) - job["tally"]["failed"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "no_rows"),
        (b"email,name\n", "no_rows"),
        (b"email,name\n\n , \n", "no_rows"),
        ("email,name\nani@example.test,Andr\u00e9\n".encode("latin-1"), "not_utf8"),
        ("email,name\nani@example.test,Ani\n".encode("utf-16"), "utf16"),
        ("email,name\nani@example.test,Ani\n".encode("utf-16-le"), "utf16"),
        (b'email,name\nani@example.test,"Ani\n', "not_a_table"),
        (b"email,name\nani@example.test," + b"x" * 200_000, "not_a_table"),
        (b",".join(b"c%d" % n for n in range(101)) + b"\n1\n", "too_many_columns"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_file_that_cannot_be_read_says_why(
    importing: Importing, content: bytes, code: str
) -> None:
    answer = await importing.upload("customers", content)
    assert faults(answer) == {"/file": code}
    assert await importing.house.fetch("SELECT FROM import") == []


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"], ids=["plain", "bom"])
@pytest.mark.parametrize("sign", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
async def test_files_of_all_programs_are_read(
    importing: Importing, start: bytes, sign: str, end: str
) -> None:
    rows = [["name", "email"], ['"Ani, S.T.; M.M."', "ani@example.test"], [], ["Budi", "b@x.test"]]
    content = start + end.join(sign.join(cells) for cells in rows).encode()

    job = await importing.received("customers", content)

    assert job["columns"] == ["name", "email"]
    assert job["rows"] == 2
    assert job["sample"][0] == ["Ani, S.T.; M.M.", "ani@example.test"]


async def test_columns_that_are_missing_or_unknown_are_told(importing: Importing) -> None:
    job = await importing.received("customers", "surat;orang\nani@example.test;Ani\n")
    assert job["missing"] == ["email", "name"]

    answer = await importing.queue(job["id"], "start")
    assert faults(answer) == {"/mapping/email": "no_column", "/mapping/name": "no_column"}
    answer = await importing.queue(job["id"], "start", mapping={"email": 0, "name": 2})
    assert faults(answer) == {"/mapping/name": "unknown_column"}
    answer = await importing.queue(job["id"], "start", mapping={"email": 0, "password": 1})
    assert faults(answer) == {"/mapping/password": "unknown_column"}
    answer = await importing.queue(job["id"], "start", mapping={"email": 0, "name": 1})
    assert answer.status_code == 202
    await importing.runner().run_next()
    assert tally(await importing.show(job["id"])) == (1, 0, 0, 0)


async def test_what_our_own_exports_made_harmless_comes_back_as_it_was(
    importing: Importing,
) -> None:
    job = await importing.run("customers", "email,name,phone\na@b.test,'=Ani,'+6281211112222\n")
    assert tally(job) == (1, 0, 0, 0)
    rows = await importing.house.fetch("SELECT name, phone FROM app_user WHERE email = 'a@b.test'")
    assert tuple(rows[0]) == ("=Ani", "+6281211112222")


async def test_a_worker_goes_on_where_a_lost_one_stopped(importing: Importing) -> None:
    many = "email,name\n" + "".join(f"p{n}@example.test,Orang {n}\n" for n in range(95))
    job = await importing.received("customers", many)
    await importing.queue(job["id"], "start")
    running = asyncio.create_task(importing.runner(batch=10).run_next())
    commits = count(1)
    importing.house.api.db.on_commit(lambda: running.cancel() if next(commits) == 4 else None)
    await asyncio.gather(running, return_exceptions=True)
    # The first commit was that of the claim.
    assert tally(await importing.show(job["id"])) == (30, 0, 0, 0)
    assert not await importing.runner().run_next(), "another worker may still be at it"

    await importing.house.execute("UPDATE import SET claimed_until = now() - interval '1 second'")
    assert await importing.runner(batch=10).run_next()

    finished = await importing.show(job["id"])
    assert (finished["state"], tally(finished)) == ("finished", (95, 0, 0, 0))
    assert len(await importing.house.events("user.registered")) == 6 + 95


async def test_a_worker_that_is_stopped_leaves_the_rest_to_the_next(importing: Importing) -> None:
    job = await importing.received("customers", CUSTOMERS)
    await importing.queue(job["id"], "start")
    stopped = importing.runner()
    stopped.stop()

    assert await stopped.run_next()
    assert (await importing.show(job["id"]))["state"] == "running"
    assert await importing.runner().run_next()
    assert tally(await importing.show(job["id"])) == (2, 0, 0, 0)


async def test_one_import_runs_at_a_time_the_oldest_first(importing: Importing) -> None:
    first = await importing.received("customers", CUSTOMERS)
    second = await importing.received("customers", CUSTOMERS.replace("Ani", "Ari"))
    for job in (second, first):
        await importing.queue(job["id"], "check")

    await asyncio.gather(importing.runner().run_next(), importing.runner().run_next())
    await importing.runner().run_next()

    finished = [(await importing.show(job["id"]))["finished_at"] for job in (second, first)]
    assert finished == sorted(finished)


async def test_a_cancelled_import_does_no_more(importing: Importing) -> None:
    job = await importing.received("customers", CUSTOMERS)
    await importing.queue(job["id"], "start")

    cancelled = await importing.queue(job["id"], "cancel")

    assert cancelled.json()["state"] == "cancelled"
    assert not await importing.runner().run_next()
    assert slug(await importing.queue(job["id"], "start")) == "import-not-waiting"
    assert slug(await importing.queue(job["id"], "cancel")) == "import-already-over"


async def test_who_loses_the_right_on_the_way_imports_no_more(importing: Importing) -> None:
    job = await importing.received("customers", CUSTOMERS)
    await importing.queue(job["id"], "start")
    await importing.house.execute(
        "UPDATE app_user SET is_active = false WHERE id = $1", user_id("admin")
    )

    await importing.runner().run_next()

    stopped = await importing.show(job["id"])
    assert (stopped["state"], stopped["reason"]) == ("failed", "rights_lost")
    assert tally(stopped) == (0, 0, 0, 0)


async def test_a_file_that_is_gone_ends_its_import(importing: Importing) -> None:
    job = await importing.received("customers", CUSTOMERS)
    await importing.queue(job["id"], "start")
    await importing.house.execute("UPDATE import SET storage_key = 'nowhere'")

    await importing.runner().run_next()

    assert (await importing.show(job["id"]))["reason"] == "file_gone"


async def test_the_right_to_import_is_not_enough_for_what_the_rows_do(importing: Importing) -> None:
    admin = importing.actor
    only = Actor(admin.id, "staff", perms=frozenset({"import.run"}))
    token = importing.house.api.tokens.token_for(only, "identity-service")
    for kind in ("areas", "customers", "lines"):
        answer = await importing.house.api.client.post(
            "/imports",
            data={"kind": kind},
            files={"file": ("x.csv", AREAS.encode())},
            headers={"Authorization": f"Bearer {token}"},
        )
        assert slug(answer) == "not-permitted"
        job = await importing.received(kind, {"areas": AREAS, "lines": LINES}.get(kind, CUSTOMERS))
        for verb in ("check", "start", "cancel"):
            path = f"/imports/{job['id']}/{verb}"
            assert slug(await importing.house.post(path, {}, only)) == "not-permitted"


async def test_the_same_upload_twice_is_one(importing: Importing) -> None:
    first = await importing.upload("customers", CUSTOMERS, idempotency_key="a-key")
    second = await importing.upload("customers", CUSTOMERS, idempotency_key="a-key")
    assert first.json()["id"] == second.json()["id"]
    other = await importing.upload("customers", LINES, idempotency_key="a-key")
    assert slug(other) == "key-reused"


async def test_imports_are_listed_newest_first(importing: Importing) -> None:
    ids = [(await importing.received("customers", CUSTOMERS))["id"] for _ in range(3)]
    first = (await importing.house.api.get("/imports", importing.actor, limit="2")).json()
    rest = (
        await importing.house.api.get("/imports", importing.actor, limit="2", cursor=first["next"])
    ).json()
    assert [job["id"] for job in first["items"] + rest["items"]] == ids[::-1]
    assert slug(await importing.house.api.get(f"/imports/{uuid7()}", importing.actor)) == (
        "import-not-found"
    )


async def test_files_and_what_was_noted_about_rows_do_not_stay(
    importing: Importing, tmp_path: Path
) -> None:
    await importing.run("customers", CUSTOMERS + ";;;\nx;y\n")
    await importing.received("lines", LINES)
    await importing.house.execute("UPDATE import SET created_at = now() - interval '8 days'")
    process = process_of(SERVICE, importing.house.api.db, FILES_URL=importing.files.as_uri())

    await remove_imports(process)

    assert [path for path in importing.files.rglob("*") if path.is_file()] == []
    assert await importing.house.fetch("SELECT FROM import_key") == []
    assert len(await importing.house.fetch("SELECT FROM import_fault")) > 0
    states = await importing.house.fetch("SELECT state, sample FROM import ORDER BY id")
    assert [tuple(row) for row in states] == [("finished", []), ("cancelled", [])]

    await importing.house.execute("UPDATE import SET finished_at = now() - interval '8 days'")
    await remove_imports(process)
    assert await importing.house.fetch("SELECT FROM import_fault") == []


async def test_a_million_rows_need_little_memory(database_url: UrlFactory) -> None:
    dsn = await database_url("identity")
    await give_an_admin(dsn)

    figures = await in_a_process(dsn, "areas", MAX_ROWS, is_dry_run=True)

    assert (figures["state"], figures["made"]) == ("checked", MAX_ROWS)
    # What is sent to the store at once is a part of it; the file has 24 MB, its rows far more.
    assert figures["peak_mb"] - figures["at_rest_mb"] < 100


async def give_an_admin(dsn: str) -> None:
    """Somebody who may import."""
    db = Database(dsn, name="test")
    await db.open()
    async with db.transaction() as tx:
        await create_default_roles(tx)
        await plant(tx, Seed(users=SEED.users[4:5]), {}, "Asia/Jakarta")
    await db.close()


async def test_a_row_too_many_is_told(importing: Importing) -> None:
    rows = b"email,name\n" + b"a,b\n" * (MAX_ROWS + 1)
    assert faults(await importing.upload("customers", rows)) == {"/file": "too_many_rows"}


async def test_the_audit_log_knows_what_was_imported(importing: Importing) -> None:
    job = await importing.run("customers", CUSTOMERS)
    entries = await importing.house.fetch(
        "SELECT * FROM audit_entry WHERE target_kind = 'import' ORDER BY id"
    )
    assert [entry["action"] for entry in entries] == [
        "import.uploaded",
        "import.started",
        "import.ended",
    ]
    assert {str(entry["target_id"]) for entry in entries} == {job["id"]}
    assert {entry["actor_id"] for entry in entries} == {user_id("admin")}
    assert entries[-1]["after"]["created"] == 2


async def test_rows_of_a_kind_are_shown_to_those_only_who_may_import_it(
    importing: Importing,
) -> None:
    house = importing.house
    jobs = {
        kind: await importing.received(kind, content)
        for kind, content in (("areas", AREAS), ("customers", CUSTOMERS), ("lines", LINES))
    }
    only = Actor(importing.actor.id, "staff", perms=frozenset({"import.run", "area.edit"}))
    listed = (await house.api.get("/imports", only)).json()["items"]
    assert [job["id"] for job in listed] == [jobs["areas"]["id"]]
    for kind, job in jobs.items():
        for path in (f"/imports/{job['id']}", f"/imports/{job['id']}/faults"):
            answer = await house.api.get(path, only)
            if kind == "areas":
                assert answer.status_code == 200
            else:
                assert slug(answer) == "import-not-found"


async def test_customers_changed_by_an_import_are_in_the_audit_log(importing: Importing) -> None:
    await importing.run("customers", CUSTOMERS)
    await importing.run("customers", CUSTOMERS.replace("Ani Wijaya", "Ani Lestari"))
    (entry,) = await importing.house.fetch("SELECT * FROM audit_entry WHERE action = 'user.edited'")
    (ani,) = await importing.house.fetch("SELECT id FROM app_user WHERE email = 'ani@example.test'")
    assert (entry["target_id"], entry["actor_id"]) == (ani["id"], user_id("admin"))
    assert set(entry["after"]) == {"name"}
    assert "Lestari" not in str(dict(entry))


async def test_an_address_that_its_owner_can_take_back_gets_no_new_account(
    importing: Importing,
) -> None:
    await importing.house.execute(
        """
        INSERT INTO link (id, user_id, purpose, value, expires_at)
        VALUES (gen_random_uuid(), $1, 'email_undo', 'ani@example.test', now() + interval '1 day')
        """,
        user_id("joko"),
    )
    job = await importing.run("customers", CUSTOMERS)
    assert tally(job) == (1, 0, 0, 1)
    assert await importing.faults(job["id"]) == [(2, "email", "email_taken")]

"""The network, lines and imports before the real identity-service, without a script."""

import re

from identity_service.imports.runner import ImportRunner
from shared.files import Files
from tests.fixtures.system import hidden_fields
from tests.integration.gateway.conftest import Browser, House

AREAS = "kode,jenis,nama,induk\nsby,region,Surabaya,\nsby-rkt,pop,Rungkut,sby\n"
LINES = (
    "nomor,email,paket,alamat,area\n"
    "PN-1,budi@example.test,Fiber 50,Jl. Melati 1,sby-rkt\n"
    "PN-2,siapa@example.test,Fiber 50,=Jl. Melati 2,\n"
)


async def uploaded(browser: Browser, kind: str, content: str | bytes) -> str:
    """Upload a table; gives the address of its page."""
    hidden = hidden_fields((await browser.get("/admin/imports")).text, "/admin/imports")
    raw = content.encode() if isinstance(content, str) else content
    answer = await browser.client.post(
        "/admin/imports", data={**hidden, "kind": kind}, files={"file": ("daftar.csv", raw)}
    )
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def chosen(browser: Browser, path: str, verb: str) -> None:
    """Press a button of an import's form as it stands there."""
    shown = (await browser.get(path)).text
    fields = hidden_fields(shown, f"{path}/check")
    for name, options in re.findall(r'name="(column-\w+)"[^>]*>(.*?)</select>', shown, re.S):
        found = re.search(r'value="(\d+)" selected', options)
        fields[name] = found.group(1) if found else ""
    answer = await browser.client.post(f"{path}/{verb}", data=fields | {"updates": "1"})
    assert answer.status_code == 303, answer.text


async def work(house: House) -> None:
    """Let a worker run what waits."""
    files: Files = house.identity.app.state.files
    assert await ImportRunner(house.identity.db, files, "Asia/Jakarta").run_next()


async def test_a_table_is_uploaded_checked_and_imported(house: House) -> None:
    agus = await house.logged_in("agus")
    areas = await uploaded(agus, "areas", AREAS)
    await chosen(agus, areas, "start")
    waiting = await agus.get(areas)
    assert waiting.headers["refresh"] == "3"
    assert "<progress" in waiting.text
    await work(house)
    assert "refresh" not in (await agus.get(areas)).headers

    lines = await uploaded(agus, "lines", LINES)
    shown = (await agus.get(lines)).text
    assert "Isinya diawali seperti rumus" in shown
    await chosen(agus, lines, "check")
    await work(house)
    checked = (await agus.get(lines)).text
    assert "Yang akan terjadi" in checked
    await chosen(agus, lines, "start")
    await work(house)
    assert "Yang sudah terjadi" in (await agus.get(lines)).text

    report = (await agus.get(f"{lines}/report")).text
    assert report.startswith("\ufeffBaris,Kolom,Isi,Masalah")
    assert "3,address,'=Jl. Melati 2,\"Isinya diawali seperti rumus" in report
    assert "PN-1" in (await agus.get("/admin/lines?q=melati")).text
    assert "daftar.csv" in (await agus.get("/admin/imports")).text
    table = await agus.get("/admin/exports/lines")
    assert "PN-1,budi@example.test,Fiber 50,Jl. Melati 1,sby-rkt,active" in table.text


async def test_what_cannot_be_read_is_said_at_the_form(house: House) -> None:
    agus = await house.logged_in("agus")
    hidden = hidden_fields((await agus.get("/admin/imports")).text, "/admin/imports")
    for content, sentence in (
        ("email,nama\na@b.test,André\n".encode("latin-1"), "bukan UTF-8"),
        ("email,nama\na@b.test,Ani\n".encode("utf-16"), "UTF-16"),
        (b"email,nama\n", "Tidak ada baris"),
        (b"", "Pilih berkas dulu"),
    ):
        name = "daftar.csv" if content else ""
        answer = await agus.client.post(
            "/admin/imports", data={**hidden, "kind": "customers"}, files={"file": (name, content)}
        )
        assert answer.status_code == 422, answer.text
        assert sentence in answer.text


async def test_who_may_not_import_finds_nothing(house: House) -> None:
    dewi = await house.logged_in("dewi")
    assert (await dewi.get("/admin/imports")).status_code == 404
    assert (await dewi.get("/admin/exports/lines")).status_code == 404
    assert (await dewi.get("/admin/network")).status_code == 200
    assert (await dewi.get("/admin/lines")).status_code == 200
    assert (await dewi.get("/admin/lines/new")).status_code == 404


async def test_the_tree_grows_is_renamed_moved_and_switched_off(house: House) -> None:
    agus = await house.logged_in("agus")
    where: dict[str, str] = {}
    for key, kind, parent in (
        ("bdg", "region", ""),
        ("sda", "region", ""),
        ("bdg-kota", "pop", "bdg"),
    ):
        page = where[parent] if parent else "/admin/network"
        form = f"{page}/below" if parent else page
        answer = await agus.submit(form, page, key=key, name=key.upper(), kind=kind)
        assert answer.status_code == 303, answer.text
        where[key] = answer.headers["location"].partition("?")[0]
    pop = where["bdg-kota"]
    moved = await agus.submit(pop, pop, name="Rungkut Baru", parent="sda")
    assert moved.status_code == 303, moved.text
    assert "Rungkut Baru" in (await agus.get(where["sda"])).text
    lost = await agus.submit(pop, pop, name="Rungkut", parent="nowhere")
    assert lost.status_code == 422
    off = await agus.submit(f"{pop}/switch", pop, is_active="false")
    assert off.status_code == 303
    assert 'value="true"' in (await agus.get(pop)).text
    taken = await agus.submit(
        "/admin/network", "/admin/network", key="bdg", name="X", kind="region"
    )
    assert taken.status_code == 409


async def test_a_line_is_added_and_changed(house: House) -> None:
    agus = await house.logged_in("agus")
    form = "/admin/lines/new"
    wrong = await agus.submit(
        form, number="PN-7", email="siapa@example.test", plan="F", address="J", latitude="x"
    )
    assert wrong.status_code == 422
    assert "Tidak ada pelanggan dengan alamat e-mail ini." in wrong.text
    assert 'value="PN-7"' in wrong.text
    made = await agus.submit(
        form,
        number="PN-7",
        email="Budi@example.test",
        plan="Fiber 20",
        address="Jl. Mawar 1",
        latitude="-7,25",
        longitude="112.75",
    )
    assert made.status_code == 303, made.text
    line = made.headers["location"].partition("?")[0]
    half = await agus.submit(line, plan="Fiber 20", address="J", state="active", latitude="1")
    assert "Isi lintang dan bujur" in half.text
    saved = await agus.submit(line, plan="Fiber 50", address="Jl. Mawar 1", state="suspended")
    assert saved.status_code == 303, saved.text
    shown = (await agus.get("/admin/lines?state=suspended")).text
    assert "PN-7" in shown
    assert "Fiber 50" in shown

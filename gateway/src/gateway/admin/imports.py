"""Tables of areas, customers and lines: uploaded, looked at, checked, imported; and taken away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any, Final

from starlette.responses import Response, StreamingResponse

from gateway.admin.console import console_page, counts, when
from gateway.clients import Listing, Record
from gateway.downloads import Passage
from gateway.forms import Form
from gateway.pages import Who, page
from gateway.problems import field_message, problem_title
from gateway.upstream import Caller, Refusal
from gateway.visit import Visit
from shared.csv_rows import MARK, csv_text
from shared.errors import NotFound
from shared.permissions import Permission

KINDS: Final = ("areas", "customers", "lines")
MAX_TABLE_BYTES: Final = 200_000_000
# While it waits or runs, the page comes again by itself, without a script.
_AGAIN_AFTER_SECONDS: Final = "3"
_MOVING: Final = ("queued", "running")
_WAITING: Final = ("received", "checked")
_SHOWN_FAULTS: Final = "50"
_FAULTS_AT_ONCE: Final = "1000"
_FILE_HEADERS: Final = ("Content-Type", "Content-Disposition")
_NOTHING: Final = Listing([], None)


def _(message: str) -> str:
    """Marks a message for the catalogue."""
    return message


_NO_FILE: Final = _("Please choose a file.")
_COLUMN_OF_ROW, _COLUMN, _VALUE, _PROBLEM = _("Row"), _("Column"), _("Value"), _("Problem")


async def imports(visit: Visit) -> Response:
    """What was imported lately, and a form for more."""
    return await _imports(visit, Form.filled(kind=visit.request.query_params.get("kind")))


async def upload(visit: Visit) -> Response:
    """Hand the file on; what cannot be read is said at the form."""
    form, file = visit.form, visit.form.file
    if file is None:
        form.errors["file"] = visit.texts(_NO_FILE)
        form.status = 422
        return await _imports(visit, form)
    kind = form.text("kind")
    try:
        made = await visit.services.network.upload_import(
            visit.caller, kind, file.filename or "", file.file, form.submission_id
        )
    except Refusal as refusal:
        names = {"/file": "file", "/kind": "kind"}
        return await _imports(
            visit, form.refused(refusal, visit.texts, names=names, also=(403, 413))
        )
    return visit.see(f"/admin/imports/{made['id']}")


async def show_import(visit: Visit, import_id: str) -> Response:
    """What is in the file and what came of it."""
    return await _import(visit, import_id, None)


async def check(visit: Visit, import_id: str) -> Response:
    """Look what would come of it."""
    return await _changed(visit, import_id, "check", _options(visit.form))


async def start(visit: Visit, import_id: str) -> Response:
    """Import it."""
    return await _changed(visit, import_id, "start", _options(visit.form))


async def cancel(visit: Visit, import_id: str) -> Response:
    """Stop it."""
    return await _changed(visit, import_id, "cancel", None)


async def report(visit: Visit, import_id: str) -> Response:
    """What was wrong, row by row, as a table in the reader's language."""
    _admit(visit)
    first = await visit.services.network.faults(visit.caller, import_id, {"limit": _FAULTS_AT_ONCE})
    headers = {"Content-Disposition": 'attachment; filename="import-errors.csv"'}
    return StreamingResponse(
        _report(visit, import_id, first), media_type="text/csv", headers=headers
    )


async def export(visit: Visit, kind: str) -> Response:
    """All rows of a kind, passed on as they come."""
    if not visit.may("export.run") or kind not in KINDS:
        raise NotFound
    async with AsyncExitStack() as held:
        await held.enter_async_context(visit.portal.downloads.hold(visit.caller.holder))
        found = await visit.services.network.export(visit.caller, kind)
        headers = {name: found.headers[name] for name in _FILE_HEADERS}
        return Passage(found, headers, held.pop_all())


async def _imports(visit: Visit, form: Form) -> Response:
    if not visit.may("import.run") and not visit.may("export.run"):
        raise NotFound
    place = {"cursor": visit.request.query_params.get("cursor", ""), "limit": "20"}
    found, counted = await asyncio.gather(
        when(
            visit.may("import.run"),
            lambda: visit.services.network.imports(visit.caller, place),
            _NOTHING,
        ),
        counts(visit),
    )
    return console_page(
        visit, "admin/imports.html", form.status, counted=counted, form=form, found=found
    )


async def _import(visit: Visit, import_id: str, form: Form | None) -> Response:
    _admit(visit)
    network = visit.services.network
    job, faults, counted = await asyncio.gather(
        network.import_(visit.caller, import_id),
        network.faults(visit.caller, import_id, {"limit": _SHOWN_FAULTS}),
        counts(visit),
    )
    response = console_page(
        visit,
        "admin/import.html",
        form.status if form else 200,
        counted=counted,
        job=job,
        form=form or _form_of(job),
        faults=[_told(visit, fault) for fault in faults.items],
        has_more=faults.next is not None,
        wrong=_wrong_cells(visit, job),
        is_waiting=job["state"] in _WAITING,
        is_moving=job["state"] in _MOVING,
    )
    if job["state"] in _MOVING and form is None:
        response.headers["Refresh"] = _AGAIN_AFTER_SECONDS
    return response


async def _changed(
    visit: Visit, import_id: str, verb: str, command: dict[str, Any] | None
) -> Response:
    _admit(visit)
    form = visit.form
    try:
        await visit.services.network.change_import(visit.caller, import_id, verb, command or {})
    except Refusal as refusal:
        form.refused(refusal, visit.texts, also=(403,))
        for error in refusal.errors:
            name = str(error.get("pointer", "")).rpartition("/")[2]
            form.errors[f"column-{name}"] = field_message(error, visit.texts)
        form.notice = problem_title(refusal.title, refusal.params, visit.texts)
        return await _import(visit, import_id, form)
    return visit.see(f"/admin/imports/{import_id}")


def _options(form: Form) -> dict[str, Any]:
    """`POST /imports/{id}/start`; a field without a column is left out."""
    chosen = {
        name.removeprefix("column-"): form.text(name)
        for name in form.values
        if name.startswith("column-")
    }
    return {
        "mapping": {name: int(index) for name, index in chosen.items() if index.isdecimal()},
        "invites": bool(form.text("invites")),
        "updates": bool(form.text("updates")),
    }


def _form_of(job: Record) -> Form:
    form = Form.filled(
        **{f"column-{name}": index for name, index in job["mapping"].items()},
        updates="1" if job["updates"] else None,
        invites="1" if job["invites"] else None,
    )
    return form


def _wrong_cells(visit: Visit, job: Record) -> dict[tuple[int, int], str]:
    """What is wrong with cells of the sample, by the place of its row and column; -1: with the row."""
    wrong: dict[tuple[int, int], str] = {}
    for fault in job["sample_faults"]:
        column = job["mapping"].get(fault["field"], -1)
        wrong.setdefault((fault["row"] - 2, column), field_message(fault, visit.texts))
    return wrong


def _told(visit: Visit, fault: Record) -> Record:
    return {**fault, "problem": field_message(fault, visit.texts)}


async def _report(visit: Visit, import_id: str, found: Listing) -> AsyncIterator[str]:
    heads = [visit.texts(head) for head in (_COLUMN_OF_ROW, _COLUMN, _VALUE, _PROBLEM)]
    yield MARK + csv_text([heads])
    while True:
        yield csv_text(
            [f["row"], f["field"], f["value"], field_message(f, visit.texts)] for f in found.items
        )
        if found.next is None:
            return
        if visit.session:
            await visit.portal.sessions.still(visit.session)
        place = {"limit": _FAULTS_AT_ONCE, "cursor": found.next}
        found = await visit.services.network.faults(visit.caller, import_id, place)


def _admit(visit: Visit) -> None:
    if not visit.may("import.run"):
        raise NotFound


async def _importer(visit: Visit) -> Caller:
    """Whose large form may be read."""
    visit.caller.actor.need(Permission.IMPORT_RUN)
    return visit.caller


_IMPORT = "/admin/imports/{import_id}"
ROUTES = (
    page(
        "/admin/imports",
        get=imports,
        post=upload,
        who=Who.STAFF,
        files=True,
        sender=_importer,
        most=MAX_TABLE_BYTES + 16_384,
    ),
    page(_IMPORT, get=show_import, who=Who.STAFF),
    page(_IMPORT + "/check", post=check, who=Who.STAFF),
    page(_IMPORT + "/start", post=start, who=Who.STAFF),
    page(_IMPORT + "/cancel", post=cancel, who=Who.STAFF),
    page(_IMPORT + "/report", get=report, who=Who.STAFF),
    page("/admin/exports/{kind}", get=export, who=Who.STAFF),
)

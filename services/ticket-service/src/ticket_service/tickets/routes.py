"""Tickets over HTTP."""

from collections.abc import Awaitable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from shared.auth import Actor
from shared.dependencies import (
    ExpectedVersion,
    Gateway,
    Known,
    Once,
    Permitted,
    Reader,
    Someone,
    Tx,
    etag,
)
from shared.errors import Forbidden
from shared.events.ticket import Channel
from shared.idempotency import Answer
from shared.permissions import Permission
from ticket_service.tickets import handlers, queries, search
from ticket_service.tickets.domain import Verb
from ticket_service.tickets.schemas import (
    AssignTicket,
    ChangeState,
    CountsOut,
    DeleteTicket,
    EditTicket,
    LinkToken,
    MergeTicket,
    NoteOnTicket,
    OpenedLinkOut,
    OpenTicket,
    OpenTicketForCaller,
    ReplyOut,
    ReplyToTicket,
    TicketOut,
    TicketPage,
)
from ticket_service.tickets.sight import sight_of

router = APIRouter(tags=["tickets"])

Caller = Annotated[Actor, Depends(Permitted(Permission.TICKET_CREATE_FOR_OTHERS))]
Editor = Annotated[Actor, Depends(Permitted(Permission.TICKET_EDIT))]
Assigner = Annotated[Actor, Depends(Permitted(Permission.TICKET_ASSIGN))]
Merger = Annotated[Actor, Depends(Permitted(Permission.TICKET_MERGE))]
Deleter = Annotated[Actor, Depends(Permitted(Permission.TICKET_DELETE))]
Noter = Annotated[Actor, Depends(Permitted(Permission.TICKET_NOTE))]
Expand = Annotated[Literal["messages", "timeline", "messages,timeline"] | None, Query()]


_UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "What you have is current."}}


class LinkIsForOneTicket(Forbidden):
    """This link opens one ticket. Log in to do more."""


async def _account(actor: Someone) -> Actor:
    """Somebody with an account, not merely with a signed link."""
    if actor.kind == "link":
        raise LinkIsForOneTicket
    return actor


Account = Annotated[Actor, Depends(_account)]


@router.post("/tickets", status_code=201, response_model=TicketOut)
async def open_ticket(tx: Tx, actor: Account, command: OpenTicket, once: Once) -> Response:
    channel: Channel = "api" if actor.kind == "api_client" else "web"
    return await once.run(lambda: _created(handlers.open_ticket(tx, actor, command, channel)))


@router.post("/tickets/for-caller", status_code=201, response_model=TicketOut)
async def open_ticket_for_caller(
    tx: Tx, actor: Caller, command: OpenTicketForCaller, once: Once
) -> Response:
    return await once.run(lambda: _created(handlers.open_ticket_for_caller(tx, actor, command)))


@router.get("/tickets", response_model=TicketPage, responses=_UNCHANGED)
async def list_tickets(
    connection: Reader,
    actor: Someone,
    wanted: search.TicketFilterQuery,
    known: Known,
    response: Response,
) -> TicketPage | Response:
    if wanted.expand and actor.kind == "link":
        raise LinkIsForOneTicket
    found = await search.tickets_found(connection, wanted, sight_of(actor))
    if found.etag in known:
        return _unchanged(found.etag)
    response.headers["ETag"] = found.etag
    return found.page()


@router.get("/tickets/counts")
async def count_tickets(connection: Reader, actor: Account) -> CountsOut:
    return await queries.counts(connection, sight_of(actor))


@router.get("/tickets/{number}", response_model=TicketOut, responses=_UNCHANGED)
async def read_ticket(
    connection: Reader,
    actor: Someone,
    number: str,
    known: Known,
    response: Response,
    expand: Expand = None,
) -> TicketOut | Response:
    """A ticket; its entity tag is its version, so names within it may be older than the tag."""
    if known:
        version = await handlers.ticket_version(connection, actor, number)
        if version and etag(version) in known:
            return _unchanged(etag(version))
    wanted = frozenset(expand.split(",")) if expand else frozenset()
    return _tagged(response, await handlers.ticket_page(connection, actor, number, wanted))


@router.patch("/tickets/{number}")
async def edit_ticket(
    tx: Tx,
    actor: Editor,
    number: str,
    command: EditTicket,
    expected: ExpectedVersion,
    response: Response,
) -> TicketOut:
    return _tagged(response, await handlers.edit_ticket(tx, actor, number, command, expected))


@router.delete("/tickets/{number}", status_code=204)
async def delete_ticket(
    tx: Tx,
    actor: Deleter,
    number: str,
    command: DeleteTicket,
    expected: ExpectedVersion,
) -> None:
    await handlers.delete_ticket(tx, actor, number, command, expected)


@router.post("/tickets/{number}/restore")
async def restore_ticket(
    tx: Tx, actor: Deleter, number: str, expected: ExpectedVersion, response: Response
) -> TicketOut:
    return _tagged(response, await handlers.restore_ticket(tx, actor, number, expected))


@router.post("/tickets/{number}/replies", status_code=201, response_model=ReplyOut)
async def reply_to_ticket(
    tx: Tx, actor: Someone, number: str, command: ReplyToTicket, once: Once
) -> Response:
    async def reply() -> Answer:
        out = await handlers.reply_to_ticket(tx, actor, number, command)
        return Answer(
            out,
            headers={"Location": f"/tickets/{out.number}", "ETag": etag(out.version)},
        )

    return await once.run(reply)


@router.post("/tickets/{number}/notes", status_code=201, response_model=ReplyOut)
async def note_on_ticket(
    tx: Tx, actor: Noter, number: str, command: NoteOnTicket, once: Once
) -> Response:
    async def note() -> Answer:
        out = await handlers.note_on_ticket(tx, actor, number, command)
        return Answer(out, headers={"ETag": etag(out.version)})

    return await once.run(note)


@router.post("/tickets/{number}/assign")
async def assign_ticket(
    tx: Tx,
    actor: Assigner,
    number: str,
    command: AssignTicket,
    expected: ExpectedVersion,
    response: Response,
) -> TicketOut:
    return _tagged(response, await handlers.assign_ticket(tx, actor, number, command, expected))


@router.post("/tickets/{number}/merge")
async def merge_ticket(
    tx: Tx,
    actor: Merger,
    number: str,
    command: MergeTicket,
    expected: ExpectedVersion,
    response: Response,
) -> TicketOut:
    return _tagged(response, await handlers.merge_ticket(tx, actor, number, command, expected))


@router.post("/tickets/{number}/{verb}")
async def change_ticket_state(
    tx: Tx,
    actor: Account,
    number: str,
    verb: Verb,
    expected: ExpectedVersion,
    response: Response,
    command: ChangeState | None = None,
) -> TicketOut:
    wish = command or ChangeState()
    return _tagged(
        response,
        await handlers.change_ticket_state(tx, actor, number, verb, wish, expected),
    )


@router.post("/links/open", tags=["internal"])
async def open_link(
    connection: Reader, _: Gateway, command: LinkToken, request: Request
) -> OpenedLinkOut:
    return await handlers.open_link(connection, request.app.state.link_keys, command)


async def _created(opening: Awaitable[TicketOut]) -> Answer:
    out = await opening
    return Answer(out, headers={"Location": f"/tickets/{out.number}", "ETag": etag(out.version)})


def _unchanged(tag: str) -> Response:
    return Response(status_code=304, headers={"ETag": tag})


def _tagged(response: Response, out: TicketOut) -> TicketOut:
    response.headers["ETag"] = etag(out.version)
    return out

"""The reading side: pages that refresh without JavaScript, and the API for programs."""

from functools import lru_cache
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web
from jinja2 import Environment, PackageLoader, select_autoescape

from local.mailbox.faults import parse as parse_faults
from local.mailbox.parsing import Content, parse
from local.mailbox.smtp import Receiver
from local.mailbox.store import Entry, Store

OWN_NAMES = {"localhost", "127.0.0.1", "::1", "[::1]"}
PAGE_POLICY = "default-src 'none'; style-src 'self'; frame-src 'self'; form-action 'self'"
MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; "
    "default-src 'none'; img-src data: https:; style-src 'unsafe-inline'"
)
SHOWN, MOST = 200, 1000
routes = web.RouteTableDef()
receiver_key = web.AppKey("receiver", Receiver)
pages_key = web.AppKey("pages", Environment)


def create_app(receiver: Receiver) -> web.Application:
    app = web.Application(middlewares=[_only_from_here])
    app[receiver_key] = receiver
    app[pages_key] = Environment(
        loader=PackageLoader("local.mailbox"), autoescape=select_autoescape(), trim_blocks=True
    )
    app.add_routes(routes)
    return app


@web.middleware
async def _only_from_here(request: web.Request, handler: Any) -> web.StreamResponse:
    """The mails hold links to log in with: no foreign page may read or change them."""
    if urlsplit(f"//{request.host}").hostname not in OWN_NAMES:
        raise web.HTTPForbidden(text="Open the mailbox as localhost.")
    if request.headers.get("Sec-Fetch-Site", "none") == "cross-site" and request.method != "GET":
        raise web.HTTPForbidden(text="Not from another site.")
    response: web.StreamResponse = await handler(request)
    response.headers.setdefault("Content-Security-Policy", PAGE_POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response


@routes.get("/")
async def list_page(request: web.Request) -> web.Response:
    """All mails, or those to one address (?to=); refreshed every few seconds unless ?live=0."""
    store = _store(request)
    to = request.query.get("to") or None
    mails = [(e, _content(store, e.id)) for e in islice(store.entries(to), SHOWN)]
    live = request.query.get("live") != "0"
    return _page(request, "list.html", mails=mails, to=to, live=live, total=len(store))


@routes.get("/messages/{id}")
async def message_page(request: web.Request) -> web.Response:
    entry = _entry(request)
    return _page(request, "message.html", entry=entry, content=_content(_store(request), entry.id))


@routes.get("/messages/{id}/html")
async def message_html(request: web.Request) -> web.Response:
    """The HTML part alone, for the sandboxed frame; its links open outside of it."""
    html = _content(_store(request), _entry(request).id).html
    policy = {"Content-Security-Policy": MAIL_POLICY}
    return web.Response(text=_links_outside(html), content_type="text/html", headers=policy)


@routes.get("/messages/{id}/raw")
async def message_raw(request: web.Request) -> web.Response:
    raw = _store(request).raw(_entry(request))
    return web.Response(text=raw.decode(errors="replace"), content_type="text/plain")


@routes.post("/delete")
async def delete_from_page(request: web.Request) -> web.Response:
    _store(request).clear()
    raise web.HTTPSeeOther("/")


@routes.get("/style.css")
async def style(request: web.Request) -> web.Response:
    css = request.app[pages_key].get_template("style.css").render()
    return web.Response(text=css, content_type="text/css")


@routes.get("/api/messages")
async def list_messages(request: web.Request) -> web.Response:
    """`{"items": […], "next"}`, newest first; ?to= ?limit= (most 1000) ?before=<next>."""
    store = _store(request)
    limit = _limit(request)
    found = store.entries(request.query.get("to"), request.query.get("before"))
    entries = list(islice(found, limit + 1))
    following = entries[limit - 1].id if len(entries) > limit else None
    items = [_item(store, entry) for entry in entries[:limit]]
    return web.json_response({"items": items, "next": following})


@routes.get("/api/messages/{id}")
async def read_message(request: web.Request) -> web.Response:
    return web.json_response(_item(_store(request), _entry(request)))


@routes.delete("/api/messages")
async def delete_messages(request: web.Request) -> web.Response:
    _store(request).clear()
    return web.Response(status=204)


@routes.put("/api/faults")
async def set_faults(request: web.Request) -> web.Response:
    """Misbehave: {refuse?, at?, cut?, delay?, times?, to?}; {} behaves again."""
    try:
        request.app[receiver_key].faults = parse_faults(await request.json())
    except (ValueError, TypeError) as error:
        raise web.HTTPUnprocessableEntity(text=str(error)) from None
    return web.Response(status=204)


def _store(request: web.Request) -> Store:
    return request.app[receiver_key].store


def _entry(request: web.Request) -> Entry:
    entry = _store(request).entry(request.match_info["id"])
    if entry is None:
        raise web.HTTPNotFound(text="No such mail.")
    return entry


def _limit(request: web.Request) -> int:
    text = request.query.get("limit", str(SHOWN))
    if not text.isdecimal() or not 1 <= int(text) <= MOST:
        raise web.HTTPUnprocessableEntity(text=f"limit is a number from 1 to {MOST}")
    return int(text)


@lru_cache(maxsize=MOST)
def _content(store: Store, entry_id: str) -> Content:
    entry = store.entry(entry_id)
    return parse(store.raw(entry)) if entry else Content("", "", "", "", {})


def _item(store: Store, entry: Entry) -> dict[str, Any]:
    content = _content(store, entry.id)
    return {
        "id": entry.id,
        "from": content.sender or entry.sender,
        "to": ", ".join(entry.recipients),
        "subject": content.subject,
        "text": content.text,
        "html": content.html,
        "headers": content.headers,
        "received_at": entry.received_at,
    }


def _links_outside(html: str) -> str:
    base = '<base target="_blank">'
    head = html.lower().find("<head>")
    return html[: head + 6] + base + html[head + 6 :] if head >= 0 else base + html


def _page(request: web.Request, template: str, **values: Any) -> web.Response:
    text = request.app[pages_key].get_template(template).render(values)
    return web.Response(text=text, content_type="text/html")

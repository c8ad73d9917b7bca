"""Keys of programs: who has which, making one, revoking one."""

import asyncio
import re
from datetime import UTC, datetime
from typing import Any, Final

from starlette.responses import Response

from gateway.admin.console import console_page, counts
from gateway.admin.roles import RIGHTS
from gateway.clients import Listing, Record
from gateway.forms import Form
from gateway.pages import Who, page
from gateway.upstream import Refusal
from gateway.visit import Visit
from shared.errors import NotFound
from shared.permissions import Permission

_HOME: Final = "/admin/api-keys"
_PAGE_SIZE: Final = "50"
_DAYS: Final = ("7", "30", "90", "180", "366")
# No key may hold these; identity-service says the same.
_WITHHELD: Final = frozenset(
    {
        Permission.ROLE_EDIT,
        Permission.API_KEY_EDIT,
        Permission.USER_IMPERSONATE,
        Permission.USER_ERASE,
    }
)


async def api_keys(visit: Visit) -> Response:
    """Everybody's keys, the newest first."""
    return await _api_keys(visit, _new_form())


async def create_api_key(visit: Visit) -> Response:
    """Make a key. The answer shows it, for nothing can show it a second time."""
    try:
        made = await visit.services.keys.create_api_key(
            visit.caller, command(visit.form), visit.form.submission_id
        )
    except Refusal as refusal:
        return await _api_keys(visit, visit.form.refused(refusal, visit.texts, also=(403,)))
    return await _api_keys(visit, _new_form(), made)


async def revoke_api_key(visit: Visit, key_id: str) -> Response:
    """Let a key open nothing any more."""
    await visit.services.keys.revoke_api_key(visit.caller, key_id)
    return visit.see(_HOME, done="key_revoked")


def command(form: Form) -> dict[str, Any]:
    """`POST /api-keys`; networks stand on lines of their own or with commas between them."""
    return {
        "name": form.text("name"),
        "scopes": form.many("scopes"),
        "is_read_only": form.text("access") != "write",
        "networks": re.findall(r"[^\s,;]+", form.text("networks")),
        "valid_days": _number(form.text("valid_days")),
        "calls_per_minute": _number(form.text("calls_per_minute")),
        "current_password": form.raw("current_password"),
        **form.some("code"),
    }


def _number(text: str) -> int | str:
    """What is no number goes on as it is, to be refused at its field."""
    return int(text) if text.isdecimal() else text


async def _api_keys(visit: Visit, form: Form, made: Record | None = None) -> Response:
    if not visit.may("api_key.edit"):
        raise NotFound
    filters = {"cursor": visit.request.query_params.get("cursor", ""), "limit": _PAGE_SIZE}
    found, counted = await asyncio.gather(
        visit.services.keys.api_keys(visit.caller, filters), counts(visit)
    )
    return console_page(
        visit,
        "admin/api_keys.html",
        form.status,
        counted=counted,
        found=_with_state(found),
        made=made,
        form=form,
        rights=_rights_for_keys(visit),
        days=_DAYS,
        has_second_step=visit.session is not None and visit.session.second_factor == "on",
    )


def _rights_for_keys(visit: Visit) -> list[tuple[str, list[tuple[str, str]]]]:
    """What this person may give to a key, by subject: its name and what it lets do."""
    subjects = [
        (subject, [(n, sentence) for n, sentence in rights if visit.may(n) and n not in _WITHHELD])
        for subject, rights in RIGHTS
    ]
    return [(subject, rights) for subject, rights in subjects if rights]


def _with_state(found: Listing) -> Listing:
    now = datetime.now(UTC)
    items = [{**key, "state": _state(key, now)} for key in found.items]
    return Listing(items, found.next)


def _state(key: Record, now: datetime) -> str:
    if key["revoked_at"]:
        return "revoked"
    return "valid" if datetime.fromisoformat(key["expires_at"]) > now else "expired"


def _new_form() -> Form:
    return Form.filled(valid_days="90", calls_per_minute="600", access="read")


ROUTES = (
    page(_HOME, get=api_keys, post=create_api_key, who=Who.STAFF),
    page(_HOME + "/{key_id}/revoke", post=revoke_api_key, who=Who.STAFF),
)

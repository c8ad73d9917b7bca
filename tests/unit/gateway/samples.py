"""What the services answer in these tests, in the shapes of their schemas."""

from typing import Any
from uuid import UUID

Record = dict[str, Any]

BUDI_ID = "0192a000-0000-7000-8000-000000000001"
DEWI_ID = "0192a000-0000-7000-8000-000000000002"
TEAM_ID = "0192a000-0000-7000-8000-000000000003"
LINE_ID = "0192a000-0000-7000-8000-000000000004"
TICKET_ID = "0192a000-0000-7000-8000-000000000005"
NUMBER = "1234-5674"
AT = "2026-11-23T02:41:00.123456Z"
LATER = "2027-11-23T02:41:00Z"

BUDI_TOKEN = "budi-session-token-0001"
DEWI_TOKEN = "dewi-session-token-0001"
API_KEY = "tgp_0a1b2c3d_" + "a2" * 16

ALL_PERMISSIONS = [
    "ticket.read_all",
    "ticket.create_for_others",
    "ticket.reply",
    "ticket.note",
    "ticket.edit",
    "ticket.assign",
    "ticket.change_state",
    "ticket.merge",
    "ticket.delete",
    "category.edit",
    "user.read",
    "user.edit",
    "user.invite_customer",
    "user.invite_staff",
    "role.read",
    "api_key.edit",
    "user.erase",
    "audit.read",
    "line.read",
    "team.edit",
    "organisation.read",
    "organisation.edit",
    "report.read",
]


def user(user_id: str = BUDI_ID, kind: str = "customer", **given: Any) -> Record:
    """UserOut of identity-service."""
    return {
        "id": user_id,
        "kind": kind,
        "role": "customer" if kind == "customer" else "agent",
        "name": "Budi Santoso" if kind == "customer" else "Dewi Lestari",
        "email": "budi@pelanggan.example" if kind == "customer" else "dewi@padinet.example",
        "phone": "+6281234567801",
        "language": "id",
        "time_zone": "Asia/Jakarta",
        "avatar_id": None,
        "is_active": True,
        "is_email_verified": True,
        "is_phone_verified": True,
        "team_ids": [],
        "organisation_id": None,
        "membership": None,
        "created_at": AT,
        "version": 3,
    } | given


def me(user_id: str = BUDI_ID, kind: str = "customer", **given: Any) -> Record:
    """MeOut of identity-service."""
    teams = [] if kind == "customer" else TEAMS["items"]
    awaited = {"pending_email": None, "pending_phone": None}
    return user(user_id, kind) | {"permissions": [], "teams": teams} | awaited | given


def session_id() -> str:
    """The id of the session that asks, in all of these tests."""
    return str(UUID(int=7))


def own_session(**given: Any) -> Record:
    """OwnSessionOut of identity-service."""
    return {
        "id": session_id(),
        "client_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        "client_address": "203.0.113.7",
        "created_at": AT,
        "last_seen_at": AT,
        "expires_at": LATER,
        "is_this": True,
    } | given


PREFERENCES: Record = {
    "items": [
        {"kind": "received", "email": True, "in_app": True},
        {"kind": "replied", "email": True, "in_app": True},
        {"kind": "progress", "email": False, "in_app": True},
        {"kind": "solved", "email": True, "in_app": True},
    ],
    "quiet": None,
}
OWN_SESSIONS: Record = {
    "items": [
        own_session(),
        own_session(
            id=TEAM_ID,
            is_this=False,
            client_agent="Mozilla/5.0 (Linux; Android 14) Chrome/140.0 Mobile Safari/537.36",
            client_address="198.51.100.7",
        ),
    ]
}


def session(kind: str = "customer", **given: Any) -> Record:
    """A resolved session."""
    person = user(BUDI_ID if kind == "customer" else DEWI_ID, kind, **given)
    brief = ("id", "kind", "role", "name", "email", "language", "time_zone", "avatar_id")
    return {
        "session_id": session_id(),
        "expires_at": LATER,
        "user": {name: person[name] for name in brief},
        "perms": [] if kind == "customer" else ALL_PERMISSIONS,
        "teams": [] if kind == "customer" else [TEAM_ID],
        "orgs": [],
        "manages": [],
        "role_label": "",
        "organisation": None,
        "impersonator": None,
        "second_factor": "off",
    }


def second_factor(state: str = "off") -> Record:
    """SecondFactorOut of identity-service."""
    is_on = state == "on"
    return {
        "state": state,
        "since": AT if is_on else None,
        "recovery_codes_left": 10 if is_on else 0,
    }


PASSKEY: Record = {
    "id": str(UUID(int=9)),
    "name": "Ponsel",
    "is_synced": True,
    "created_at": AT,
    "last_used_at": None,
}
SECRET: Record = {
    "secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
    "uri": "otpauth://totp/PadiNET:budi%40example.test?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
}
RECOVERY_CODES = [f"{n}abc-defg-hjkm" for n in range(10)]


def api_key(**given: Any) -> Record:
    """ApiKeyOut of identity-service."""
    return {
        "id": str(UUID(int=8)),
        "user_id": DEWI_ID,
        "owner_name": "Dewi Lestari",
        "name": "Layar NOC",
        "prefix": API_KEY[:12],
        "scopes": ["ticket.read_all", "report.read"],
        "is_read_only": True,
        "networks": ["203.0.113.0/24"],
        "calls_per_minute": 600,
        "created_at": AT,
        "expires_at": LATER,
        "last_used_at": AT,
        "revoked_at": None,
    } | given


def program(**given: Any) -> Record:
    """A resolved API key of Dewi's."""
    limits = {"is_read_only": False, "networks": [], "calls_per_minute": 40}
    found = session("staff") | {"session_id": api_key()["id"], "perms": ["ticket.read_all"]}
    return found | {"key": {"id": api_key()["id"]} | limits | given}


def category(slug: str = "down", **given: Any) -> Record:
    """CategoryOut of ticket-service."""
    return {
        "slug": slug,
        "name": {"id": "Internet mati", "en": "No internet"},
        "urgency": "high",
        "team_id": TEAM_ID,
        "team_name": "NOC",
        "position": 1,
        "is_active": True,
        "version": 1,
    } | given


def line(**given: Any) -> Record:
    """LineOut of identity-service."""
    return {
        "id": LINE_ID,
        "number": "1001-2001",
        "user_id": BUDI_ID,
        "plan": "Rumah 50 Mbps",
        "address": "Jl. Melati 12, Surabaya",
        "area": {"id": TEAM_ID, "key": "sby", "kind": "odp", "name": "ODP SBY-01/14"},
        "state": "active",
        "version": 1,
    } | given


def ticket_row(**given: Any) -> Record:
    """TicketRow of ticket-service."""
    return {
        "id": TICKET_ID,
        "number": NUMBER,
        "subject": "Internet mati sejak pagi",
        "status": "open",
        "priority": "high",
        "category": {"slug": "down", "name": {"id": "Internet mati", "en": "No internet"}},
        "requester": {"id": BUDI_ID, "name": "Budi Santoso"},
        "assignee": None,
        "team": {"id": TEAM_ID, "name": "NOC"},
        "area": {"id": TEAM_ID, "name": "ODP SBY-01/14"},
        "organisation": None,
        "channel": "web",
        "last_message_by": "customer",
        "created_at": AT,
        "updated_at": AT,
        "version": 5,
    } | given


def ticket(**given: Any) -> Record:
    """TicketOut of ticket-service, with messages and timeline."""
    return (
        ticket_row()
        | {
            "description": "Lampu LOS merah.\nSudah dinyalakan ulang.",
            "impact": "down",
            "tags": ["los"],
            "requester": {
                "id": BUDI_ID,
                "name": "Budi Santoso",
                "email": "budi@pelanggan.example",
                "phone": "+6281234567801",
            },
            "assignee": {"id": DEWI_ID, "name": "Dewi Lestari"},
            "service_line": {
                "id": LINE_ID,
                "number": "1001-2001",
                "plan": "Rumah 50 Mbps",
                "address": "Jl. Melati 12, Surabaya",
            },
            "follows": None,
            "merged_into": None,
            "first_replied_at": AT,
            "solved_at": None,
            "closed_at": None,
            "reopen_count": 1,
            "is_deleted": False,
            "deleted_reason": None,
            "verbs": ["reply", "cancel"],
            "attachments": [],
            "feedback": None,
            "messages": [
                message(),
                message(
                    author={"id": DEWI_ID, "name": "Dewi Lestari", "kind": "staff"},
                    body="Teknisi sedang memeriksa jalurnya.",
                ),
            ],
            "timeline": [
                entry(),
                entry(
                    version=2, type="ticket.updated", data={"changes": {"status": ["new", "open"]}}
                ),
                entry(version=3, type="ticket.replied"),
            ],
        }
        | given
    )


STAFF_VERBS = [
    *("reply", "note", "edit", "assign", "pend", "hold"),
    *("solve", "close", "cancel", "merge", "delete"),
]


def message(**given: Any) -> Record:
    """MessageOut of ticket-service."""
    return {
        "id": str(UUID(int=9)),
        "author": {"id": BUDI_ID, "name": "Budi Santoso", "kind": "customer"},
        "visibility": "public",
        "body": "Masih mati.",
        "attachments": [],
        "created_at": AT,
    } | given


def entry(**given: Any) -> Record:
    """TimelineEntryOut of ticket-service."""
    return {
        "version": 1,
        "type": "ticket.created",
        "at": AT,
        "actor": {"id": BUDI_ID, "name": "Budi Santoso", "kind": "customer"},
        "visibility": "public",
        "data": {},
    } | given


def listing(*items: Record, after: str | None = None) -> Record:
    """A page of a list."""
    return {"items": list(items), "next": after}


OVERVIEW: Record = {
    "agents": 3,
    "categories": 8,
    "tickets": {"active": 1204, "finished": 9310, "new_today": 12, "solved_today": 7},
    "days": [
        {"day": "2026-11-22", "created": 9, "solved": 11},
        {"day": "2026-11-23", "created": 12, "solved": 7},
    ],
    "as_of": AT,
}
COUNTS: Record = {"unassigned": 4, "mine": 2, "team": 3, "active": 9, "finished": 5}


def audit_entry(action: str, **given: Any) -> Record:
    """AuditOut of identity-service."""
    return {
        "id": 7,
        "occurred_at": AT,
        "action": action,
        "actor": {"id": DEWI_ID, "kind": "staff", "name": "Dewi Lestari"},
        "in_place_of": None,
        "session_id": session_id(),
        "client_address": "203.0.113.7",
        "client_agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0",
        "request_id": "0123456789abcdef",
        "target": {"kind": "user", "id": BUDI_ID, "label": None, "name": "Budi Santoso"},
        "before": None,
        "after": None,
        "position": 7,
        **given,
    }


AUDIT = (
    audit_entry(
        "role.changed",
        target={"kind": "role", "id": TEAM_ID, "label": "agent", "name": None},
        before={"permissions": ["area.read", "user.read"]},
        after={"permissions": ["user.edit", "user.read"]},
    ),
    audit_entry(
        "session.refused",
        actor={"id": None, "kind": "anonymous", "name": None},
        after={"reason": "invalid-credentials", "email": "b…@e…"},
        position=None,
    ),
    audit_entry(
        "user.profile_changed",
        in_place_of={"id": BUDI_ID, "kind": "customer", "name": "Budi Santoso"},
        before={"language": "id"},
        after={"language": "en"},
    ),
    audit_entry("newer.than_this_page", occurred_at="2026-11-21T02:41:00Z", target=None),
)


def organisation(**given: Any) -> Record:
    """OrganisationOut of identity-service."""
    return {
        "id": TEAM_ID,
        "name": "PT Maju",
        "is_active": True,
        "members": 2,
        "version": 1,
    } | given


def member(**given: Any) -> Record:
    """MemberOut of identity-service."""
    return {
        "id": BUDI_ID,
        "name": "Budi Santoso",
        "email": "budi@pelanggan.example",
        "is_active": True,
        "membership": "own",
    } | given


def role(name: str, *permissions: str, **given: Any) -> Record:
    """RoleOut of identity-service."""
    return {
        "id": TEAM_ID,
        "name": name,
        "kind": "customer" if name == "customer" else "staff",
        "permissions": list(permissions),
        "label": "",
        "is_custom": False,
        "is_fixed": name in ("customer", "admin"),
        "people": 2,
        "version": 1,
    } | given


ROLES = listing(
    role("customer"),
    role("agent", "ticket.read_all", "ticket.reply"),
    role("field-lead", "ticket.reply", label="Kepala Lapangan", is_custom=True, people=0),
    role("admin", "role.edit"),
)
TEAMS = listing({"id": TEAM_ID, "key": "noc", "name": "NOC", "is_active": True, "version": 1})
ASSIGNEES = listing({"id": DEWI_ID, "name": "Dewi Lestari", "role": "agent", "team_ids": [TEAM_ID]})

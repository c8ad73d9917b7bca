"""The public API in one table: public route → service and its methods; the paths are the same.

What a service has and this table does not name cannot be reached from outside.
"""

import re
from dataclasses import dataclass
from typing import Final

from shared.permissions import Permission

IDENTITY: Final = "identity-service"
TICKET: Final = "ticket-service"
NOTIFY: Final = "notify-service"
ANALYTICS: Final = "analytics-service"

PREFIX: Final = "/api/v1"

# What API keys open. An area that is missing here is closed to them, whatever their scopes.
_FOR_PROGRAMS: Final = frozenset(
    {
        "tickets",
        "attachments",
        "categories",
        "assignees",
        "users",
        "teams",
        "organisations",
        "areas",
        "service-lines",
        "imports",
        "exports",
        "audit",
        "notifications",
        "deliveries",
        "reports",
    }
)

_SEGMENT = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_.~-]{0,255}$")


@dataclass(frozen=True, slots=True)
class ApiRoute:
    """One row: `template` is the path on both sides, without the prefix.

    `is_open` rows are for people without a login; `is_login` marks answers to POST, PUT and DELETE that
    carry a fresh session, which goes into the cookie. A row that `takes_file` has a larger limit for
    its body, one that `gives_file` hands the answer on as it comes. A body of a row that `needs` a right
    may be very large, so it is read only from somebody who has that right.
    """

    template: str
    service: str
    methods: frozenset[str]
    is_open: bool = False
    is_login: bool = False
    takes_file: bool = False
    gives_file: bool = False
    needs: Permission | None = None

    @property
    def sets_up(self) -> bool:
        """Whether staff who need a second factor may come here before they have one."""
        return self.template.startswith("/me/second-factor")

    def takes_key(self, method: str) -> bool:
        """Whether a program may come here with its key: to the work, not to a person's account."""
        if self.template == "/me":
            return method == "GET"
        if self.template.endswith("/second-factor"):
            return False
        return not self.is_open and self.template.split("/")[1] in _FOR_PROGRAMS

    def logs_in(self, method: str) -> bool:
        """Whether a good answer to this method carries a fresh session."""
        return self.is_login and method.upper() in ("POST", "PUT", "DELETE")

    @property
    def path(self) -> str:
        """The public path, as metrics and logs name it."""
        return PREFIX + self.template


def _row(
    template: str, service: str, methods: str, needs: Permission | None = None, **traits: bool
) -> ApiRoute:
    return ApiRoute(template, service, frozenset(methods.split()), needs=needs, **traits)


TABLE: Final = (
    _row("/registrations", IDENTITY, "POST", is_open=True),
    _row("/registrations/verify", IDENTITY, "POST", is_open=True),
    _row("/registrations/resend", IDENTITY, "POST", is_open=True),
    _row("/invitations/accept", IDENTITY, "POST", is_open=True),
    _row("/invitations/{token}", IDENTITY, "GET", is_open=True),
    _row("/password-resets", IDENTITY, "POST", is_open=True),
    _row("/password-resets/accept", IDENTITY, "POST", is_open=True),
    _row("/password-resets/{token}", IDENTITY, "GET", is_open=True),
    _row("/email-changes/confirm", IDENTITY, "POST", is_open=True),
    _row("/email-changes/{token}", IDENTITY, "GET", is_open=True),
    _row("/recoveries", IDENTITY, "POST", is_open=True),
    _row("/unsubscriptions", IDENTITY, "POST", is_open=True),
    _row("/me", IDENTITY, "GET PATCH"),
    _row("/me/password", IDENTITY, "PUT", is_login=True),
    _row("/me/email", IDENTITY, "PUT"),
    _row("/me/phone", IDENTITY, "PUT"),
    _row("/me/phone/proof", IDENTITY, "POST", is_login=True),
    _row("/me/phone/removal", IDENTITY, "POST", is_login=True),
    _row("/me/company-accounts", IDENTITY, "GET"),
    _row("/me/company-accounts/{id}", IDENTITY, "DELETE", is_login=True),
    _row("/me/passkeys", IDENTITY, "GET POST", is_login=True),
    _row("/me/passkeys/options", IDENTITY, "POST"),
    _row("/me/passkeys/{id}", IDENTITY, "PATCH DELETE", is_login=True),
    _row("/me/second-factor", IDENTITY, "GET PUT DELETE", is_login=True),
    _row("/me/second-factor/secret", IDENTITY, "GET POST"),
    _row("/me/second-factor/recovery-codes", IDENTITY, "POST", is_login=True),
    _row("/me/notification-preferences", IDENTITY, "GET PATCH"),
    _row("/me/avatar", IDENTITY, "PUT DELETE", takes_file=True),
    _row("/me/sessions", IDENTITY, "GET DELETE"),
    _row("/me/sessions/{id}", IDENTITY, "DELETE"),
    _row("/me/erase", IDENTITY, "POST"),
    _row("/users", IDENTITY, "GET POST"),
    _row("/users/{id}", IDENTITY, "GET PATCH"),
    _row("/users/{id}/avatar", IDENTITY, "GET", gives_file=True),
    _row("/users/{id}/invitation", IDENTITY, "POST"),
    _row("/users/{id}/second-factor", IDENTITY, "DELETE"),
    _row("/users/{id}/deactivate", IDENTITY, "POST"),
    _row("/users/{id}/reactivate", IDENTITY, "POST"),
    _row("/users/{id}/erase", IDENTITY, "POST"),
    _row("/roles", IDENTITY, "GET POST"),
    _row("/roles/{name}", IDENTITY, "PUT PATCH DELETE"),
    _row("/api-keys", IDENTITY, "GET POST"),
    _row("/api-keys/{id}", IDENTITY, "DELETE"),
    _row("/audit", IDENTITY, "GET"),
    _row("/audit/export", IDENTITY, "GET", gives_file=True),
    _row("/teams", IDENTITY, "GET POST"),
    _row("/teams/{id}", IDENTITY, "PATCH"),
    _row("/organisations", IDENTITY, "GET POST"),
    _row("/organisations/{id}", IDENTITY, "GET PATCH"),
    _row("/organisations/{id}/members", IDENTITY, "GET"),
    _row("/organisations/{id}/members/{user_id}", IDENTITY, "PUT DELETE"),
    _row("/areas", IDENTITY, "GET POST"),
    _row("/areas/{id}", IDENTITY, "GET PATCH"),
    _row("/service-lines", IDENTITY, "GET POST"),
    _row("/service-lines/{id}", IDENTITY, "GET PATCH"),
    _row("/imports", IDENTITY, "GET POST", takes_file=True, needs=Permission.IMPORT_RUN),
    _row("/imports/{id}", IDENTITY, "GET"),
    _row("/imports/{id}/check", IDENTITY, "POST"),
    _row("/imports/{id}/start", IDENTITY, "POST"),
    _row("/imports/{id}/cancel", IDENTITY, "POST"),
    _row("/imports/{id}/faults", IDENTITY, "GET"),
    _row("/exports/{kind}", IDENTITY, "GET", gives_file=True),
    _row("/tickets", TICKET, "GET POST"),
    _row("/tickets/counts", TICKET, "GET"),
    _row("/tickets/for-caller", TICKET, "POST"),
    _row("/tickets/{number}", TICKET, "GET PATCH DELETE"),
    _row("/tickets/{number}/restore", TICKET, "POST"),
    _row("/tickets/{number}/replies", TICKET, "POST"),
    _row("/tickets/{number}/notes", TICKET, "POST"),
    _row("/tickets/{number}/messages", TICKET, "GET"),
    _row("/tickets/{number}/timeline", TICKET, "GET"),
    _row("/tickets/{number}/assign", TICKET, "POST"),
    _row("/tickets/{number}/pend", TICKET, "POST"),
    _row("/tickets/{number}/hold", TICKET, "POST"),
    _row("/tickets/{number}/solve", TICKET, "POST"),
    _row("/tickets/{number}/close", TICKET, "POST"),
    _row("/tickets/{number}/cancel", TICKET, "POST"),
    _row("/tickets/{number}/reopen", TICKET, "POST"),
    _row("/tickets/{number}/merge", TICKET, "POST"),
    _row("/tickets/{number}/feedback", TICKET, "POST"),
    _row("/attachments", TICKET, "POST", takes_file=True),
    _row("/attachments/{id}", TICKET, "GET", gives_file=True),
    _row("/attachments/{id}/thumbnail", TICKET, "GET", gives_file=True),
    _row("/categories", TICKET, "GET POST"),
    _row("/categories/{slug}", TICKET, "PATCH"),
    _row("/assignees", TICKET, "GET"),
    _row("/notifications", NOTIFY, "GET"),
    _row("/notifications/read", NOTIFY, "POST"),
    _row("/deliveries", NOTIFY, "GET"),
    _row("/reports/overview", ANALYTICS, "GET"),
)

# Routes of the services that only the gateway itself calls.
INTERNAL: Final = (
    (IDENTITY, "/sessions"),
    (IDENTITY, "/sessions/resolve"),
    (IDENTITY, "/sessions/current"),
    (IDENTITY, "/users/{user_id}/impersonation"),
    (IDENTITY, "/sessions/second-step"),
    (IDENTITY, "/sessions/company"),
    (IDENTITY, "/sessions/company/return"),
    (IDENTITY, "/sessions/company/link"),
    (IDENTITY, "/sessions/passkey"),
    (IDENTITY, "/sessions/passkey/options"),
    (IDENTITY, "/api-keys/resolve"),
    (IDENTITY, "/api-keys/refused"),
    (TICKET, "/links/open"),
    (IDENTITY, "/own-data"),
    (TICKET, "/own-data"),
    (NOTIFY, "/own-data"),
)


class RouteTable:
    """Finds the row of a path; fixed words win over parameters."""

    def __init__(self, rows: tuple[ApiRoute, ...] = TABLE) -> None:
        self._by_shape: dict[tuple[str, int], list[tuple[tuple[str | None, ...], ApiRoute]]] = {}
        for row in sorted(rows, key=lambda row: row.template.count("{")):
            segments = row.template[1:].split("/")
            pattern = tuple(None if s.startswith("{") else s for s in segments)
            self._by_shape.setdefault((segments[0], len(segments)), []).append((pattern, row))

    def find(self, path: str) -> ApiRoute | None:
        """The row for a path below the prefix, still encoded as it came over the wire."""
        segments = path[1:].split("/")
        for pattern, row in self._by_shape.get((segments[0], len(segments)), ()):
            if all(map(_fits, pattern, segments)):
                return row
        return None


def _fits(expected: str | None, segment: str) -> bool:
    return _SEGMENT.match(segment) is not None if expected is None else segment == expected

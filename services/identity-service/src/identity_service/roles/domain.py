"""Roles: what each may do from the start, and who may change what about them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal
from uuid import UUID

from shared.auth import Actor
from shared.errors import Conflict, FieldError, Forbidden, Invalid, NotFound, Stale
from shared.events.identity import RoleFacts, UserKind
from shared.ids import derived_id
from shared.permissions import Permission as P

ADMIN: Literal["admin"] = "admin"
CUSTOMER: Literal["customer"] = "customer"
# The admin holds everything, so that somebody always can; customers own what is theirs without.
FIXED = frozenset({ADMIN, CUSTOMER})


class RoleNotFound(NotFound):
    """There is no such role."""


class RoleFixed(Conflict):
    """What this role may do cannot be changed."""


class RoleExists(Conflict):
    """There is a role with this key already."""


class RoleInUse(Conflict):
    """Somebody still has this role. Give them another one first."""


class RoleChangedMeanwhile(Stale):
    """Somebody else changed this role meanwhile."""


class RightsExceeded(Forbidden):
    """This goes beyond your own rights."""


class UnknownRole(Invalid):
    """There is no such role."""

    def __init__(self) -> None:
        super().__init__(FieldError("/role", self.title(), "unknown_role"))


@dataclass(frozen=True, slots=True)
class Role:
    """A named set of permissions; `kind` is that of the people who can have it.

    `label` is what people call one that was made here, which is `is_custom`.
    """

    id: UUID
    version: int
    name: str
    kind: UserKind
    permissions: frozenset[str]
    label: str = ""
    is_custom: bool = False

    def facts(self) -> RoleFacts:
        """The role as events show it."""
        return RoleFacts(
            id=self.id,
            name=self.name,
            permissions=tuple(sorted(self.permissions)),
            label=self.label,
        )


def _role(name: str, kind: UserKind, permissions: Iterable[P]) -> Role:
    return Role(derived_id("role", name), 1, name, kind, frozenset(permissions))


# What gives rights away, or takes very much in or out at once: a supervisor is given it on purpose.
_FOR_ADMINS = frozenset(
    {
        P.ROLE_EDIT,
        P.API_KEY_EDIT,
        P.IMPORT_RUN,
        P.EXPORT_RUN,
        P.USER_IMPERSONATE,
        P.USER_ERASE,
        P.AUDIT_READ,
    }
)
DEFAULTS = (
    _role(CUSTOMER, "customer", ()),
    _role(
        "agent",
        "staff",
        (
            P.TICKET_READ_ALL,
            P.TICKET_CREATE_FOR_OTHERS,
            P.TICKET_REPLY,
            P.TICKET_NOTE,
            P.TICKET_EDIT,
            P.TICKET_ASSIGN,
            P.TICKET_CHANGE_STATE,
            P.TICKET_MERGE,
            P.USER_READ,
            P.USER_INVITE_CUSTOMER,
            P.ORGANISATION_READ,
            P.AREA_READ,
            P.LINE_READ,
        ),
    ),
    _role(
        "technician",
        "staff",
        (
            P.TICKET_READ_TEAM,
            P.TICKET_REPLY,
            P.TICKET_NOTE,
            P.TICKET_CHANGE_STATE,
            P.AREA_READ,
            P.LINE_READ,
        ),
    ),
    _role("supervisor", "staff", frozenset(P) - _FOR_ADMINS),
    _role(ADMIN, "staff", P),
)


def must_hold_all(actor: Actor, permissions: Iterable[str]) -> None:
    """Raise `RightsExceeded` unless the actor holds every one: nobody gives what they lack."""
    missing = sorted(set(permissions) - actor.perms)
    if missing:
        raise RightsExceeded(missing=missing)


def custom_role(
    role_id: UUID, name: str, label: str, actor: Actor, permissions: Iterable[str]
) -> Role:
    """A role of staff that the actor makes; it holds nothing that they lack."""
    wanted = frozenset(permissions)
    must_hold_all(actor, wanted)
    return Role(role_id, 1, name, "staff", wanted, label=label, is_custom=True)


def must_be_custom(role: Role, actor: Actor) -> None:
    """Raise unless this is a role that was made here and that the actor's own rights cover."""
    if not role.is_custom:
        raise RoleFixed
    must_hold_all(actor, role.permissions)


def must_be_at(role: Role, expected: int | None) -> None:
    """Raise `RoleChangedMeanwhile` when the caller has seen another version."""
    if expected not in (None, role.version):
        raise RoleChangedMeanwhile(version=role.version)


def with_permissions(role: Role, actor: Actor, permissions: Iterable[str]) -> Role:
    """The role with another set; raises where it is fixed or goes beyond the actor's own rights."""
    if role.name in FIXED:
        raise RoleFixed
    wanted = frozenset(permissions)
    must_hold_all(actor, role.permissions | wanted)
    return replace(role, permissions=wanted)

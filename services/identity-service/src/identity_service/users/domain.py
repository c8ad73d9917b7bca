"""People: what is known of one, and what may be changed about them by whom."""

from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.errors import Conflict, FieldError, Forbidden, Invalid, NotFound, Stale
from shared.events.identity import Language, Membership, UserFacts, UserKind

# What `user.updated` reports as changed; the other fields never change or have events of their own.
_REPORTED = (
    "role",
    "name",
    "email",
    "phone",
    "is_phone_verified",
    "language",
    "time_zone",
    "is_email_verified",
    "team_ids",
    "muted",
    "avatar_id",
    "quiet_from",
    "quiet_to",
    "organisation_id",
    "membership",
)


class UserNotFound(NotFound):
    """There is no such person."""


class UserChangedMeanwhile(Stale):
    """Somebody else changed this person's account meanwhile."""


class EmailTaken(Conflict):
    """There is an account with this e-mail address already."""


class LastAdmin(Conflict):
    """There must always be an administrator who can log in."""


class UserAlreadyDeactivated(Conflict):
    """This account is deactivated already."""


class UserAlreadyActive(Conflict):
    """This account is active already."""


class InvitationAlreadyAccepted(Conflict):
    """This person has accepted the invitation already."""


class RoleOfOtherKind(Invalid):
    """A customer cannot become staff, nor staff a customer."""

    def __init__(self) -> None:
        super().__init__(FieldError("/role", self.title(), "role_kind"))


class TeamsAreForStaff(Invalid):
    """Only staff can be in teams."""

    def __init__(self) -> None:
        super().__init__(FieldError("/team_ids", self.title(), "role_kind"))


class NotYourOwnRights(Forbidden):
    """Nobody changes their own role or teams. Please ask a colleague."""


class TeamBeyondYourOwn(Forbidden):
    """You can add people to your own teams only."""


class UnknownTeam(Invalid):
    """There is no such team."""

    def __init__(self) -> None:
        super().__init__(FieldError("/team_ids", self.title(), "unknown_team"))


@dataclass(frozen=True, slots=True)
class User:
    """A person. `role` is the role's name, `email` is lower case, `phone` is E.164.

    Nobody but they can prove a number, and until then it is only where to call them. `muted` names
    what they do not want to be told, as `channel:kind`. Quiet hours are `HH:MM` in the
    person's time zone.
    """

    id: UUID
    version: int
    kind: UserKind
    role: str
    name: str
    email: str
    phone: str | None
    language: Language
    time_zone: str
    team_ids: tuple[UUID, ...]
    is_active: bool
    is_email_verified: bool
    muted: tuple[str, ...] = ()
    created_at: datetime | None = None
    avatar_id: UUID | None = None
    quiet_from: str | None = None
    quiet_to: str | None = None
    organisation_id: UUID | None = None
    membership: Membership | None = None
    is_phone_verified: bool = False

    def facts(self) -> UserFacts:
        """The person as events show them."""
        return UserFacts(
            id=self.id,
            kind=self.kind,
            role=self.role,
            name=self.name,
            email=self.email,
            phone=self.phone,
            language=self.language,
            time_zone=self.time_zone,
            is_active=self.is_active,
            is_email_verified=self.is_email_verified,
            team_ids=self.team_ids,
            muted=self.muted,
            avatar_id=self.avatar_id,
            quiet_from=self.quiet_from,
            quiet_to=self.quiet_to,
            organisation_id=self.organisation_id,
            membership=self.membership,
        )


USER_COLUMNS = tuple(field.name for field in fields(User))


def edited(user: User, values: dict[str, Any]) -> User:
    """The person with new values; teams are kept sorted and once each, a new number is unproven."""
    if "team_ids" in values:
        values = values | {"team_ids": tuple(sorted(set(values["team_ids"])))}
    if values.get("phone", user.phone) != user.phone:
        values = values | {"is_phone_verified": False}
    return replace(user, **values)


def changes(before: User, after: User) -> dict[str, tuple[Any, Any]]:
    """What is different, as field → (old, new)."""
    pairs = {name: (getattr(before, name), getattr(after, name)) for name in _REPORTED}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def loses_admin(before: User, after: User, admin_role: str) -> bool:
    """Whether somebody who could administer no longer can."""
    return _administers(before, admin_role) and not _administers(after, admin_role)


def _administers(user: User, admin_role: str) -> bool:
    return user.role == admin_role and user.is_active and user.is_email_verified


def must_be_at(user: User, expected: int | None) -> None:
    """Raise `UserChangedMeanwhile` when the caller has seen another version."""
    if expected not in (None, user.version):
        raise UserChangedMeanwhile(version=user.version)

"""What is written into the audit log, and what never is: secrets, and more of a person than needed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Literal, TypedDict
from uuid import UUID

from identity_service.limits.domain import Visitor
from shared.auth import ANONYMOUS, Actor

TargetKind = Literal[
    "user", "role", "team", "area", "line", "ticket", "session", "organisation", "api_key", "import"
]
ActorKind = Literal["customer", "staff", "api_client", "link", "anonymous", "gateway", "system"]
Values = Mapping[str, Any]

# A value under such a name is a programming error, wherever it comes from.
_SECRETS = ("password", "token", "hash", "secret", "code", "otp")
# Enough to recognise one's own address, not enough to reach anybody: entries outlive the person.
_PERSONAL = frozenset({"name", "email", "phone", "address", "latitude", "longitude"})
_SHOWN_DIGITS = 3


class Action(StrEnum):
    """What was done, as `thing.done`; the gateway has the words for each."""

    # Getting in and out. `refused` says why in `after.reason`.
    SESSION_BEGUN = "session.begun"
    SESSION_REFUSED = "session.refused"
    SESSION_ENDED = "session.ended"
    SESSIONS_ENDED = "sessions.ended"
    # One's own account.
    REGISTERED = "user.registered"
    EMAIL_VERIFIED = "user.email_verified"
    INVITATION_ACCEPTED = "user.invitation_accepted"
    PROFILE_CHANGED = "user.profile_changed"
    CREDENTIAL_CHANGED = "user.password_changed"
    CREDENTIAL_REFUSED = "user.password_refused"
    PHONE_CHANGED = "user.phone_changed"
    PHONE_PROOF_ASKED_FOR = "user.phone_proof_asked_for"
    PHONE_PROOF_REFUSED = "user.phone_proof_refused"
    EMAIL_CHANGE_ASKED_FOR = "user.email_change_asked_for"
    EMAIL_CHANGED = "user.email_changed"
    EMAIL_RESTORED = "user.email_restored"
    RESET_ASKED_FOR = "user.reset_asked_for"
    CREDENTIAL_RESET = "user.password_reset"
    ALARM_RAISED = "user.alarm_raised"
    UNSUBSCRIBED = "user.unsubscribed"
    SECOND_STEP_REFUSED = "session.second_step_refused"
    SECOND_FACTOR_ON = "second_factor.on"
    SECOND_FACTOR_OFF = "second_factor.off"
    SECOND_FACTOR_REMOVED = "second_factor.removed"
    RECOVERY_RENEWED = "second_factor.recovery_renewed"
    RECOVERY_USED = "second_factor.recovery_used"
    PASSKEY_ADDED = "passkey.added"
    PASSKEY_REMOVED = "passkey.removed"
    COMPANY_ACCOUNT_LINKED = "company_account.linked"
    COMPANY_ACCOUNT_UNLINKED = "company_account.unlinked"
    # What one person does to the account of another.
    USER_INVITED = "user.invited"
    INVITATION_SENT_AGAIN = "user.invited_again"
    USER_EDITED = "user.edited"
    USER_ROLE_CHANGED = "user.role_changed"
    USER_DEACTIVATED = "user.deactivated"
    USER_REACTIVATED = "user.reactivated"
    USER_ERASED = "user.erased"
    USER_DATA_EXPORTED = "user.data_exported"
    # Rights and structures.
    ROLE_CREATED = "role.created"
    ROLE_CHANGED = "role.changed"
    ROLE_DELETED = "role.deleted"
    ORGANISATION_CREATED = "organisation.created"
    ORGANISATION_CHANGED = "organisation.changed"
    MEMBERSHIP_CHANGED = "organisation.member_changed"
    IMPERSONATION_BEGUN = "impersonation.begun"
    IMPERSONATION_ENDED = "impersonation.ended"
    TEAM_CREATED = "team.created"
    TEAM_CHANGED = "team.changed"
    AREA_CREATED = "area.created"
    AREA_CHANGED = "area.changed"
    LINE_CREATED = "line.created"
    LINE_CHANGED = "line.changed"
    # Keys of programs.
    API_KEY_CREATED = "api_key.created"
    API_KEY_REVOKED = "api_key.revoked"
    API_KEY_REFUSED = "api_key.refused"
    # Files with many rows, in and out.
    IMPORT_UPLOADED = "import.uploaded"
    IMPORT_CHECKED = "import.checked"
    IMPORT_STARTED = "import.started"
    IMPORT_ENDED = "import.ended"
    IMPORT_CANCELLED = "import.cancelled"
    DATA_EXPORTED = "data.exported"
    # What ticket-service tells.
    TICKET_DELETED = "ticket.deleted"
    TICKET_RESTORED = "ticket.restored"
    # The log itself.
    AUDIT_EXPORTED = "audit.exported"


@dataclass(frozen=True, slots=True)
class Target:
    """What was done something to. `label` is never a person's name or address: people have ids."""

    kind: TargetKind
    id: UUID | None = None
    label: str | None = None

    @classmethod
    def user(cls, user_id: UUID | None) -> "Target":
        """A person; None is somebody who has no account here."""
        return cls("user", user_id)


class Difference(TypedDict):
    """What was, and what is now."""

    before: Values
    after: Values


@dataclass(frozen=True, slots=True)
class By:
    """Who did it and from where. `as_id` is the person in whose place they did it."""

    kind: ActorKind
    id: UUID | None = None
    as_id: UUID | None = None
    session_id: UUID | None = None
    address: str = ""
    agent: str = ""

    @classmethod
    def of(cls, actor: Actor, visitor: Visitor, session_id: UUID | None = None) -> "By":
        """Somebody who asks through the gateway."""
        by = cls(
            actor.kind,
            actor.id,
            session_id=session_id,
            address=visitor.address,
            agent=visitor.agent,
        )
        return by.in_place_of(actor.impersonator) if actor.impersonator else by

    def in_place_of(self, impersonator_id: UUID) -> "By":
        """The same deed, named by the employee who did it in this person's place."""
        return replace(self, kind="staff", id=impersonator_id, as_id=self.id)

    @classmethod
    def visitor(cls, visitor: Visitor) -> "By":
        """Somebody who has not said who they are, or could not prove it."""
        return cls.of(ANONYMOUS, visitor)

    @classmethod
    def owner(
        cls, user_id: UUID, kind: ActorKind, visitor: Visitor, session_id: UUID | None = None
    ) -> "By":
        """Somebody who has just proven who they are, with a password or a link."""
        return cls(
            kind,
            user_id,
            session_id=session_id,
            address=visitor.address,
            agent=visitor.agent,
        )

    @classmethod
    def system(cls) -> "By":
        """The service itself, by a clock or a command."""
        return cls("system")


def recorded(values: Values | None) -> dict[str, Any] | None:
    """The values as they are kept; raises `ValueError` for a name that promises a secret."""
    if values is None:
        return None
    for name in values:
        if any(secret in name for secret in _SECRETS):
            raise ValueError(f"{name} must not be in the audit log")
    return {name: _kept(name, value) for name, value in values.items()}


def before_and_after(changes: Mapping[str, tuple[Any, Any]]) -> Difference:
    """Changes as an event reports them, as the two arguments of `record`."""
    return {
        "before": {name: old for name, (old, _) in changes.items()},
        "after": {name: new for name, (_, new) in changes.items()},
    }


def label_spellings(text: str) -> list[str]:
    """How a label may have been written: ticket numbers stand with a hyphen, and people type none."""
    digits = text.replace("-", "")
    middle = len(digits) // 2
    return [text, f"{digits[:middle]}-{digits[middle:]}"] if digits.isdecimal() else [text]


def masked(text: str) -> str:
    """A name, an address or a number, as `s…@p…` or `…678`."""
    if "@" in text:
        local, _, domain = text.rpartition("@")
        return f"{local[:1]}…@{domain[:1]}…"
    if text.removeprefix("+").isdigit():
        return f"…{text[-_SHOWN_DIGITS:]}"
    return f"{text[:1]}…"


def _kept(name: str, value: Any) -> Any:
    if name in _PERSONAL and value is not None:
        return masked(value) if isinstance(value, str) else "…"
    if isinstance(value, frozenset | set):
        return sorted(value)
    return value

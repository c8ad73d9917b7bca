"""What identity-service says: people, teams, roles, the network tree, service lines, links in messages."""

from datetime import datetime
from typing import Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from shared.events.base import Event, Fact

UserKind = Literal["customer", "staff", "api_client"]
Language = Literal["id", "en"]
LinkPurpose = Literal["verify", "invite", "reset", "account_exists"]
# Of a message about tickets, as a person switches it on and off; the first four are customers', the
# others staff's. Messages about the account itself are of no kind: they always come.
NotificationKind = Literal[
    "received", "replied", "progress", "solved", "assigned", "customer_replied", "new_ticket"
]
NotificationChannel = Literal["email", "in_app"]
SecurityChange = Literal[
    "second_factor_on",
    "second_factor_off",
    "second_factor_removed",
    "recovery_codes_renewed",
    "recovery_code_used",
    "passkey_added",
    "passkey_removed",
    "company_account_linked",
    "company_account_unlinked",
    "api_key_created",
    "phone_taken",
]
# What a member of an organisation sees of its tickets: their own, all of them, or all of them with the
# right to act on them and to look after the members.
Membership = Literal["own", "company_read", "company_manage"]
AreaKind = Literal["region", "pop", "olt", "odp"]
LineState = Literal["active", "suspended", "ended"]


class UserFacts(Fact):
    """A person as others need to know them. `role` is the role's name, `phone` is E.164.

    `muted` names what the person does not want to be told, as `channel:kind`. `avatar_id` is another
    one with every picture; the picture itself is only shown by identity-service. From `quiet_from` to
    `quiet_to`, as `HH:MM` in their time zone and perhaps past midnight, they do not want to be
    disturbed; both are null when they always may be. `organisation_id` and `membership` are null
    together: a person belongs to one organisation at most.
    """

    id: UUID
    kind: UserKind
    role: str
    name: str
    email: str
    phone: str | None = None
    language: Language = "id"
    time_zone: str = "Asia/Jakarta"
    is_active: bool = True
    is_email_verified: bool = False
    team_ids: tuple[UUID, ...] = ()
    muted: tuple[str, ...] = ()
    avatar_id: UUID | None = None
    quiet_from: str | None = None
    quiet_to: str | None = None
    organisation_id: UUID | None = None
    membership: Membership | None = None


class UserRegistered(Event):
    """A person has an account now, by registration or invitation. Aggregate: user."""

    TYPE: ClassVar[str] = "user.registered"
    SCHEMA_VERSION: ClassVar[int] = 4
    user: UserFacts


class UserUpdated(Event):
    """Something about a person changed; `changes` maps a field to its old and new value."""

    TYPE: ClassVar[str] = "user.updated"
    SCHEMA_VERSION: ClassVar[int] = 4
    user: UserFacts
    changes: dict[str, tuple[Any, Any]]


class UserDeactivated(Event):
    """A person may no longer log in and gets no work."""

    TYPE: ClassVar[str] = "user.deactivated"
    SCHEMA_VERSION: ClassVar[int] = 4
    user: UserFacts


class UserReactivated(Event):
    """A deactivated person may log in again."""

    TYPE: ClassVar[str] = "user.reactivated"
    SCHEMA_VERSION: ClassVar[int] = 4
    user: UserFacts


class UserPasswordChanged(Event):
    """A person has another password; whoever reads their mail should hear of it."""

    TYPE: ClassVar[str] = "user.password_changed"
    SCHEMA_VERSION: ClassVar[int] = 4
    user: UserFacts


class UserSecurityChanged(Event):
    """A person gets in another way than before; whoever reads their mail should hear of it.

    Aggregate: user. Carries no secret, and only what a message needs.
    """

    TYPE: ClassVar[str] = "user.security_changed"
    user_id: UUID
    email: str
    language: Language
    change: SecurityChange


class UserErased(Event):
    """A person's data is to be removed everywhere; only the id is left."""

    TYPE: ClassVar[str] = "user.erased"
    user_id: UUID


class UserSnapshot(Event):
    """The full present state of a person."""

    TYPE: ClassVar[str] = "user.snapshot"
    SCHEMA_VERSION: ClassVar[int] = 4
    user: UserFacts


class TeamFacts(Fact):
    """A group of staff that tickets are given to. `key` is stable, `name` is for people."""

    id: UUID
    key: str
    name: str
    is_active: bool = True


class TeamCreated(Event):
    """A team exists. Aggregate: team."""

    TYPE: ClassVar[str] = "team.created"
    team: TeamFacts


class TeamUpdated(Event):
    """A team changed its name or state."""

    TYPE: ClassVar[str] = "team.updated"
    team: TeamFacts


class TeamSnapshot(Event):
    """The full present state of a team."""

    TYPE: ClassVar[str] = "team.snapshot"
    team: TeamFacts


class OrganisationFacts(Fact):
    """A company whose people are customers; while it is not active, nobody sees more than their own."""

    id: UUID
    name: str
    is_active: bool = True


class OrganisationCreated(Event):
    """An organisation exists. Aggregate: organisation."""

    TYPE: ClassVar[str] = "organisation.created"
    organisation: OrganisationFacts


class OrganisationUpdated(Event):
    """An organisation changed its name or state. Who belongs to it is told by `user.updated`."""

    TYPE: ClassVar[str] = "organisation.updated"
    organisation: OrganisationFacts


class OrganisationSnapshot(Event):
    """The full present state of an organisation."""

    TYPE: ClassVar[str] = "organisation.snapshot"
    organisation: OrganisationFacts


class RoleFacts(Fact):
    """A named set of permissions. `label` is what people call it; empty for those from the start."""

    id: UUID
    name: str
    permissions: tuple[str, ...]
    label: str = ""


class RoleUpdated(Event):
    """A role was made or its permissions changed. Aggregate: role."""

    TYPE: ClassVar[str] = "role.updated"
    SCHEMA_VERSION: ClassVar[int] = 2
    role: RoleFacts


class RoleDeleted(Event):
    """A role that nobody had any more is gone."""

    TYPE: ClassVar[str] = "role.deleted"
    role: RoleFacts


class RoleSnapshot(Event):
    """The full present state of a role."""

    TYPE: ClassVar[str] = "role.snapshot"
    SCHEMA_VERSION: ClassVar[int] = 2
    role: RoleFacts


class AreaFacts(Fact):
    """A node of the network tree; `path` lists the ids from the root to this node."""

    id: UUID
    key: str
    kind: AreaKind
    name: str
    parent_id: UUID | None = None
    path: tuple[UUID, ...] = ()
    is_active: bool = True


class AreaCreated(Event):
    """A node was added to the network tree. Aggregate: area."""

    TYPE: ClassVar[str] = "area.created"
    area: AreaFacts


class AreaUpdated(Event):
    """A node was renamed, moved or switched off."""

    TYPE: ClassVar[str] = "area.updated"
    area: AreaFacts


class AreaSnapshot(Event):
    """The full present state of a node."""

    TYPE: ClassVar[str] = "area.snapshot"
    area: AreaFacts


class LineFacts(Fact):
    """A customer's service line: the subscription that a fault can hit."""

    id: UUID
    number: str
    user_id: UUID
    plan: str
    address: str
    area_id: UUID | None = None
    state: LineState = "active"


class LineCreated(Event):
    """A customer has a line. Aggregate: line."""

    TYPE: ClassVar[str] = "line.created"
    line: LineFacts


class LineUpdated(Event):
    """A line changed its plan, address, area, owner or state."""

    TYPE: ClassVar[str] = "line.updated"
    line: LineFacts


class LineSnapshot(Event):
    """The full present state of a line."""

    TYPE: ClassVar[str] = "line.snapshot"
    line: LineFacts


class LinkIssued(Event):
    """A message with a signed link is to be written to a person. Aggregate: link.

    Carries no secret: the writer of the message computes the signature (`shared.links`).
    `account_exists` is the notice to an address that somebody tried to register again.
    """

    TYPE: ClassVar[str] = "link.issued"
    link_id: UUID
    purpose: LinkPurpose
    user_id: UUID
    email: str
    language: Language
    expires_at: datetime


class LinkAnnounced(Event):
    """A message about an account, with a signed link or a code, is to be written. Aggregate: link.

    Like `link.issued`, open for more: `message` names the text, `purpose` what its link or code is
    good for; a writer that does not know one of them writes nothing. `address` is an e-mail address
    or a number, as `channel` says. `about` holds what the text tells besides, never a stranger's words.
    """

    TYPE: ClassVar[str] = "link.announced"
    link_id: UUID
    purpose: str
    message: str
    user_id: UUID
    channel: Literal["email", "phone"]
    address: str
    language: Language
    expires_at: datetime
    about: dict[str, str] = Field(default_factory=dict)


CONTRACTS: tuple[type[Event], ...] = (
    UserRegistered,
    UserUpdated,
    UserDeactivated,
    UserReactivated,
    UserPasswordChanged,
    UserSecurityChanged,
    UserErased,
    UserSnapshot,
    TeamCreated,
    TeamUpdated,
    TeamSnapshot,
    OrganisationCreated,
    OrganisationUpdated,
    OrganisationSnapshot,
    RoleUpdated,
    RoleDeleted,
    RoleSnapshot,
    AreaCreated,
    AreaUpdated,
    AreaSnapshot,
    LineCreated,
    LineUpdated,
    LineSnapshot,
    LinkIssued,
    LinkAnnounced,
)

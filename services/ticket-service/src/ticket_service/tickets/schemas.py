"""Tickets over HTTP: what comes in is the command, what goes out ends in `Out`."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints, model_validator

from shared.commands import Command
from shared.events.ticket import Channel, Impact, Priority, Status
from shared.paging import Page
from ticket_service.attachments.schemas import AttachmentIds, AttachmentOut
from ticket_service.conversation.schemas import MessageOut, TimelineEntryOut
from ticket_service.feedback.schemas import FeedbackOut

Subject = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=150)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_000)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=500)]
Tag = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_lower=True, pattern=r"^[\w-]{1,40}$"),
]
Number = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20)]


class OpenTicket(Command):
    """What a customer says when reporting something; `category` is a slug of `GET /categories`."""

    subject: Subject
    description: Text
    category: str = Field(max_length=60)
    service_line_id: UUID | None = None
    impact: Impact | None = None
    attachment_ids: AttachmentIds = Field(default_factory=list)


class OpenTicketForCaller(OpenTicket):
    """What an agent writes down for somebody; without a priority it follows impact × urgency."""

    requester_id: UUID
    priority: Priority | None = None


class EditTicket(Command):
    """New values of plain fields; fields that are not given stay as they are."""

    subject: Subject | None = None
    category: str | None = Field(None, max_length=60)
    priority: Priority | None = None
    tags: list[Tag] | None = Field(None, max_length=20)


class AssignTicket(Command):
    """Who is to work on it; null takes it away, a field that is not given stays."""

    assignee_id: UUID | None = None
    team_id: UUID | None = None

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("give assignee_id or team_id")
        return self


class ChangeState(Command):
    """A state verb, with a word that the customer may read."""

    note: Note = ""


class MergeTicket(Command):
    """The number of the ticket in which this one goes on."""

    into: Number


class DeleteTicket(Command):
    """Why the ticket is taken out of sight."""

    reason: Reason


class ReplyToTicket(Command):
    """A public message; staff can end their turn with it."""

    body: Text
    then: Literal["pend", "solve"] | None = None
    attachment_ids: AttachmentIds = Field(default_factory=list)


class NoteOnTicket(Command):
    """A message among staff."""

    body: Text
    mentioned_ids: list[UUID] = Field(default_factory=list, max_length=20)
    attachment_ids: AttachmentIds = Field(default_factory=list)


class CategoryRef(BaseModel):
    """A category by slug, with its name per language."""

    slug: str
    name: dict[str, str]


class RequesterOut(BaseModel):
    """The customer behind a ticket; address fields are for staff and the customer."""

    id: UUID
    name: str
    email: str | None = None
    phone: str | None = None
    avatar_id: UUID | None = None


class NamedRef(BaseModel):
    """A person, team or area by id and name."""

    id: UUID
    name: str


class AssigneeRef(NamedRef):
    """Who works on a ticket; `avatar_id` names their present picture."""

    avatar_id: UUID | None = None


class ServiceLineRef(BaseModel):
    """The line a ticket is about."""

    id: UUID
    number: str
    plan: str
    address: str


class TicketRow(BaseModel):
    """A ticket in a list."""

    id: UUID
    number: str
    subject: str
    status: Status
    priority: Priority
    category: CategoryRef
    requester: NamedRef
    assignee: NamedRef | None
    team: NamedRef | None
    area: NamedRef | None
    organisation: NamedRef | None
    channel: Channel
    last_message_by: Literal["customer", "staff"] | None
    created_at: datetime
    updated_at: datetime
    version: int


class TicketOut(BaseModel):
    """A ticket with everything its page shows; `verbs` is what the asker may do with it now.

    `attachments` belong to the report itself; those of messages stand at the messages.
    """

    id: UUID
    number: str
    subject: str
    description: str
    status: Status
    priority: Priority
    category: CategoryRef
    channel: Channel
    impact: Impact | None
    tags: list[str]
    requester: RequesterOut
    assignee: AssigneeRef | None
    team: NamedRef | None
    service_line: ServiceLineRef | None
    area: NamedRef | None
    organisation: NamedRef | None
    follows: str | None = None
    merged_into: str | None = None
    created_at: datetime
    updated_at: datetime
    first_replied_at: datetime | None
    solved_at: datetime | None
    closed_at: datetime | None
    reopen_count: int
    is_deleted: bool
    deleted_reason: str | None
    version: int
    verbs: list[str] = []
    attachments: list[AttachmentOut] = []
    feedback: FeedbackOut | None = None
    messages: list[MessageOut] | None = None
    timeline: list[TimelineEntryOut] | None = None


class ReplyOut(BaseModel):
    """The message as written; `number` differs from the one asked for when a follow-up was opened."""

    message: MessageOut
    number: str
    version: int


class CountsOut(BaseModel):
    """How many tickets each queue holds, within the asker's sight.

    For staff counting ends at 1,000, which then means “at least”; `GET /reports/overview` has the
    full figures.
    """

    unassigned: int
    mine: int
    team: int
    active: int
    finished: int


class TicketPage(Page[TicketRow]):
    """Tickets of a list; `counts` where they were asked for."""

    counts: CountsOut | None = None


class LinkToken(Command):
    """The token of a signed link `/t/…`."""

    token: str = Field(max_length=200)


class OpenedLinkOut(BaseModel):
    """The one ticket and person that a signed link speaks for."""

    ticket_id: UUID
    number: str
    user_id: UUID

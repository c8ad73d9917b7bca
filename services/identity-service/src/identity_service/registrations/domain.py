"""Registering with an unproven address: whose words count once the address is proven.

Anybody can type anybody's address, so an account made by registering has no password until proof.
What was typed waits as a *registration*, one for each try. A link proves the mailbox, not who typed
what: while there is one registration, the link alone makes it count; as soon as there are several
(a stranger may have been first, and only one mail a day goes out) or staff invited the person, the
password typed with the link says which one is the owner's. So a stranger who is quicker or slower
than the owner never gets an account that the owner proves.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from identity_service.users.domain import User
from shared.errors import FieldError, Invalid
from shared.events.identity import Language

# Longer than a link lives, so that asking for another link needs no new registration.
REGISTRATION_LIFETIME = timedelta(days=7)
# Each costs a hash to compare at proof; the newest are the likeliest to be the owner's.
KEPT_REGISTRATIONS = 5

Step = Literal["add", "tell_owner", "nothing"]


class PasswordNeeded(Invalid):
    """Please type the password that you chose when you registered."""

    def __init__(self) -> None:
        super().__init__(FieldError("/password", self.title(), "password_needed"))


class PasswordWrong(Invalid):
    """This is not the password that you chose when you registered."""

    def __init__(self) -> None:
        super().__init__(FieldError("/password", self.title(), "password_wrong"))


@dataclass(frozen=True, slots=True)
class Registration:
    """What one person typed."""

    id: UUID
    user_id: UUID
    name: str
    phone: str | None
    language: Language
    password_hash: str
    created_at: datetime


def step_for(user: User) -> Step:
    """What registering does with an address; nobody outside can tell these apart.

    Staff who were invited take their account over by the invitation alone, and somebody who was
    deactivated is not let in again by registering.
    """
    if not user.is_active:
        return "nothing"
    if user.is_email_verified:
        return "tell_owner"
    return "add" if user.kind == "customer" else "nothing"

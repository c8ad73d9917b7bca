"""Registering over HTTP."""

from pydantic import BaseModel

from identity_service.fields import (
    EmailAddress,
    Name,
    NewPassword,
    Password,
    PhoneNumber,
    Token,
)
from identity_service.users.schemas import UserBrief
from shared.commands import Command
from shared.events.identity import Language


class Register(Command):
    """What a stranger says to become a customer."""

    name: Name
    email: EmailAddress
    password: NewPassword
    phone: PhoneNumber | None = None
    language: Language = "id"


class SendAgain(Command):
    """The address that waits for its link."""

    email: EmailAddress


class VerifyEmail(Command):
    """The token of the link; the password only where `password_needed` was answered."""

    token: Token
    password: Password | None = None


class VerifiedOut(BaseModel):
    """Whose address is proven now."""

    user: UserBrief

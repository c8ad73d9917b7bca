"""Another e-mail address over HTTP."""

from pydantic import BaseModel

from identity_service.fields import EmailAddress, Token
from identity_service.second_factor.schemas import Proof
from shared.commands import Command


class ChangeEmail(Proof):
    """The next address."""

    email: EmailAddress


class ConfirmEmail(Command):
    """The token of the link that was sent to the next address."""

    token: Token


class EmailChangeOut(BaseModel):
    """The address that a link proves."""

    email: str

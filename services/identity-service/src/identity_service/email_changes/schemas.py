"""Another e-mail address over HTTP."""

from pydantic import BaseModel

from identity_service.fields import EmailAddress, Password, Token
from shared.commands import Command


class ChangeEmail(Command):
    """The next address; the password shows that it is the owner who asks."""

    email: EmailAddress
    current_password: Password


class ConfirmEmail(Command):
    """The token of the link that was sent to the next address."""

    token: Token


class EmailChangeOut(BaseModel):
    """The address that a link proves."""

    email: str

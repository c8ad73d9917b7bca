"""Getting an account back over HTTP."""

from typing import Literal

from identity_service.fields import Token
from shared.commands import Command

Lifeline = Literal["email_undo", "not_me"]


class Recover(Command):
    """The token of the link, and what it is good for: taking an address back, or raising the alarm."""

    purpose: Lifeline
    token: Token

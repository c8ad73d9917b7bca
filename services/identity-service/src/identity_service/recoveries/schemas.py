"""Getting an account back over HTTP."""

from typing import Literal

from pydantic import BaseModel

from identity_service.fields import Token
from shared.commands import Command


class Recover(Command):
    """The token of the link, and what it is good for: taking an address back, or raising the alarm."""

    purpose: Literal["email_undo", "not_me"]
    token: Token


class RecoveredOut(BaseModel):
    """What the owner goes on with: a token to set a password with, good for half an hour."""

    reset_token: str

"""Forgotten passwords over HTTP."""

from datetime import datetime

from pydantic import BaseModel

from identity_service.fields import NewPassword, Token
from identity_service.users.schemas import Named, UserBrief
from shared.commands import Command


class AskForReset(Named):
    """Whose password was forgotten."""


class ResetPassword(Command):
    """The token of the link, and the password to log in with from now on."""

    token: Token
    password: NewPassword


class ResetOut(BaseModel):
    """Whose password the link sets, and until when."""

    email: str
    expires_at: datetime


class PasswordResetOut(BaseModel):
    """Whose password is another one now; they have to log in with it."""

    user: UserBrief

"""The second factor over HTTP."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, StringConstraints

from identity_service.fields import Password, Token
from identity_service.second_factor.domain import State, tidy_code
from identity_service.sessions.schemas import SessionOut
from shared.commands import Command

Code = Annotated[str, StringConstraints(min_length=1, max_length=40), AfterValidator(tidy_code)]


class Proof(Command):
    """What shows that it is the owner who asks: the password, and a code where the second step is on.

    A code is six digits of the app or one of the recovery codes.
    """

    current_password: Password
    code: Code | None = None


class TypeCode(Command):
    """The second step of logging in."""

    pending_token: Token
    code: Code


class ConfirmSecondFactor(Command):
    """A first code of the app, and the password."""

    current_password: Password
    code: Code


class SecretOut(BaseModel):
    """What an app is set up with: typed as `secret`, or read as a QR code that holds `uri`."""

    secret: str
    uri: str


class SecondFactorOut(BaseModel):
    """Whether the second step is on, since when, and how many recovery codes are left."""

    state: State
    since: datetime | None
    recovery_codes_left: int


class RecoveryCodesOut(SessionOut):
    """Ten recovery codes, never shown again, and the session to go on with."""

    recovery_codes: list[str]

"""Codes: of an app (RFC 6238: six digits, 30 seconds, each once) and for when the phone is lost."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import pyotp

from shared.errors import (
    Conflict,
    FieldError,
    Forbidden,
    Invalid,
    NotFound,
    Unauthenticated,
)

Demand = Literal["required", "optional"]
State = Literal["on", "off", "needed"]

# Until the code is typed; whoever takes longer types the password again.
PENDING_FOR = timedelta(minutes=10)
# A secret that no code has proven is shown again for as long, then another one is made.
UNPROVEN_FOR = timedelta(hours=1)
RECOVERY_CODES = 10
_DIGITS = 6
# Without letters that look like others. The first character says which of the ten codes it is; the
# others are 55 random bits, and the hash is as slow as a password's (OWASP ASVS 5.0, 6.5.2).
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_PLACES = "0123456789"
_RECOVERY_LENGTH = 12
_GROUP = 4


class CodeWrong(Invalid):
    """This code is not right, or it has been used already."""

    def __init__(self) -> None:
        super().__init__(FieldError("/code", self.title(), "code_wrong"))


class CodeNeeded(Invalid):
    """Please also give a code of your app."""

    def __init__(self) -> None:
        super().__init__(FieldError("/code", self.title(), "code_needed"))


class LogInNotPending(Unauthenticated):
    """That took too long. Please log in again."""


class SecondFactorAlreadyOn(Conflict):
    """The second step is on already."""


class SecondFactorNotOn(NotFound):
    """The second step is not on."""


class NotYourOwn(Forbidden):
    """Your own second step is switched off on the page of your account."""


class SecretNotShown(NotFound):
    """There is nothing to set up. Please begin again."""


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """The app of a person; `confirmed_at` is None while the session `begun_by` sets it up."""

    sealed_secret: bytes
    created_at: datetime
    confirmed_at: datetime | None
    last_step: int
    begun_by: UUID | None


@dataclass(frozen=True, slots=True)
class CodeTry:
    """A code and what it is compared with; `recovery_hash` only where it is a recovery code.

    Without a user nothing is right.
    """

    code: str
    user_id: UUID | None = None
    recovery_hash: str | None = None

    @property
    def place(self) -> str:
        """Which recovery code it would be; empty for the code of an app."""
        return recovery_place(self.code)


@dataclass(frozen=True, slots=True)
class Claim:
    """What somebody gave to show that they are the owner, and what their password is compared with."""

    password_hash: str | None
    tried: CodeTry

    @classmethod
    def of_nobody(cls) -> "Claim":
        """Compared as long as anybody's, and never right."""
        return cls(None, CodeTry(""))


@dataclass(frozen=True, slots=True)
class Compared:
    """A claim after the slow comparisons."""

    claim: Claim
    is_password_right: bool
    is_recovery_code_right: bool


def new_secret() -> str:
    """160 random bits in base32, as apps take them."""
    return pyotp.random_base32()


def provisioning_uri(secret: str, email: str, brand: str) -> str:
    """What the QR code holds: `otpauth://totp/…`."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=brand)


def tidy_code(text: str) -> str:
    """A code as it is compared: without the spaces and dashes in which it is written."""
    return "".join(text.split()).replace("-", "").lower()


def step_of(secret: str, code: str, at: datetime, last_step: int) -> int | None:
    """The time step whose code this is, now or one step away; None where it is wrong or used up."""
    totp = pyotp.TOTP(secret)
    now, found = totp.timecode(at), None
    for step in (now - 1, now, now + 1):
        is_right = hmac.compare_digest(totp.generate_otp(step).encode(), code.encode())
        if is_right and step > last_step:
            found = step
    return found


def new_recovery_codes() -> list[str]:
    """Ten codes, as they are compared."""
    return [
        place + "".join(secrets.choice(_ALPHABET) for _ in range(_RECOVERY_LENGTH - 1))
        for place in _PLACES
    ]


def shown_recovery_code(code: str) -> str:
    """A code as people read it, in groups."""
    return "-".join(code[at : at + _GROUP] for at in range(0, len(code), _GROUP))


def recovery_place(code: str) -> str:
    """Which recovery code this can be, by its first character; empty for other texts."""
    is_one = len(code) == _RECOVERY_LENGTH and code[0] in _PLACES
    return code[0] if is_one else ""


def state_of(kind: str, is_on: bool, demand: Demand) -> State:
    """Whether somebody has a second factor, or must set one up before anything else."""
    if is_on:
        return "on"
    return "needed" if kind == "staff" and demand == "required" else "off"

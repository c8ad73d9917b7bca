"""The proof of a phone number over HTTP."""

from typing import Annotated

from pydantic import StringConstraints

from identity_service.fields import Password, PhoneNumber
from shared.commands import Command


class ChangePhone(Command):
    """The next number, or the present one to prove it; the password shows that the owner asks."""

    phone: PhoneNumber
    current_password: Password


class ProvePhone(Command):
    """The six digits that were sent to the number."""

    code: Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9]{6}$")]


class RemovePhone(Command):
    """Have no number any more; the password shows that the owner asks."""

    current_password: Password

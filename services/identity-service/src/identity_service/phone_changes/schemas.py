"""The proof of a phone number over HTTP."""

from typing import Annotated

from pydantic import StringConstraints

from identity_service.fields import PhoneNumber
from identity_service.second_factor.schemas import Proof
from shared.commands import Command


class ChangePhone(Proof):
    """The next number, or the present one to prove it."""

    phone: PhoneNumber


class ProvePhone(Command):
    """The six digits that were sent to the number."""

    code: Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9]{6}$")]


class RemovePhone(Proof):
    """Have no number any more."""

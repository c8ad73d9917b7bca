"""Company accounts over HTTP."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, StringConstraints

from identity_service.second_factor.schemas import Proof
from shared.commands import Command

Sealed = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
FromProvider = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class FinishCompanyLogIn(Command):
    """What the provider sent the browser back with, and the flow that the browser kept."""

    flow: Sealed
    code: FromProvider
    state: FromProvider


class LinkCompanyAccount(Proof):
    """The owner agrees: with the password, and a code where the second step is on."""

    claim: Sealed


class WayOut(BaseModel):
    """Where the browser goes, and what it keeps until it comes back."""

    url: str
    flow: str
    expires_at: datetime


class ConsentNeededOut(BaseModel):
    """The company account is real, and linked to nobody: its owner is asked for the password."""

    claim: str
    email: str
    expires_at: datetime


class CompanyAccountOut(BaseModel):
    """A company account that one has linked."""

    id: UUID
    email: str
    created_at: datetime
    last_used_at: datetime | None


class CompanyAccounts(BaseModel):
    """The company accounts that one has linked."""

    items: list[CompanyAccountOut]

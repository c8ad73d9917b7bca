"""Organisations: companies whose people are customers, and what each of these sees."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from shared.errors import Conflict, FieldError, Invalid, NotFound, Stale
from shared.events.identity import Membership, OrganisationFacts


class OrganisationNotFound(NotFound):
    """There is no such organisation, or it is not yours to see."""


class OrganisationExists(Conflict):
    """There is an organisation with this name already."""


class OrganisationChangedMeanwhile(Stale):
    """Somebody else changed this organisation meanwhile."""


class MemberNotFound(NotFound):
    """This person does not belong to the organisation."""


class MemberElsewhere(Conflict):
    """This person belongs to another organisation. End that first."""


class OnlyCustomersBelong(Invalid):
    """Only customers can belong to an organisation."""

    def __init__(self) -> None:
        super().__init__(FieldError("/user_id", self.title(), "role_kind"))


@dataclass(frozen=True, slots=True)
class Organisation:
    """A company. While it is not active, its people see no more than their own."""

    id: UUID
    version: int
    name: str
    is_active: bool

    def facts(self) -> OrganisationFacts:
        """The organisation as events show it."""
        return OrganisationFacts(id=self.id, name=self.name, is_active=self.is_active)


def must_be_at(organisation: Organisation, expected: int | None) -> None:
    """Raise `OrganisationChangedMeanwhile` when the caller has seen another version."""
    if expected not in (None, organisation.version):
        raise OrganisationChangedMeanwhile(version=organisation.version)


def changes(before: Organisation, after: Organisation) -> dict[str, tuple[Any, Any]]:
    """What is different, as field → (old, new)."""
    pairs = {n: (getattr(before, n), getattr(after, n)) for n in ("name", "is_active")}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def sees_all(membership: Membership | None) -> bool:
    """Whether such a member sees the tickets of all."""
    return membership in ("company_read", "company_manage")

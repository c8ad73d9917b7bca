"""Acting in a customer's place: who may be acted for, and for how long."""

from datetime import timedelta
from typing import Final

from identity_service.users.domain import User
from shared.errors import Conflict, Forbidden

LIFETIME: Final = timedelta(minutes=30)


class OnlyForCustomers(Conflict):
    """You can act in the place of an active customer only."""


class NotWhileImpersonating(Forbidden):
    """Only the person themself may do this, not somebody in their place."""


def must_be_actable(user: User) -> None:
    """Raise `OnlyForCustomers` unless this is an active customer: nobody acts as staff."""
    if user.kind != "customer" or not user.is_active:
        raise OnlyForCustomers

"""Erasing over HTTP."""

from identity_service.second_factor.schemas import Proof
from shared.commands import Command


class EraseMe(Proof):
    """One's own account goes for good: the proof shows who asks, `is_final` that they mean it."""

    is_final: bool


class EraseUser(Command):
    """Somebody goes for good; `is_final` says that this is meant."""

    is_final: bool

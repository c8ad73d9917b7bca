"""What analytics-service says; burst detection will speak here."""

from shared.events.base import Event

CONTRACTS: tuple[type[Event], ...] = ()

"""Event contracts, one module per owning service, and the table of all of them by type."""

from shared.events import analytics, identity, notify, ticket
from shared.events.base import Event

CONTRACTS: dict[str, type[Event]] = {
    contract.TYPE: contract
    for module in (identity, ticket, notify, analytics)
    for contract in module.CONTRACTS
}

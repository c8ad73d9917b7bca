"""One's own data over HTTP."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from identity_service.second_factor.schemas import Proof

Record = dict[str, Any]


class AskForOwnData(Proof):
    """The proof shows that it is the owner who asks."""


class OwnAccountOut(BaseModel):
    """Everything that is kept of an account, without what opens it; records hold columns as stored."""

    exported_at: datetime
    account: Record
    service_lines: list[Record]
    sessions: list[Record]
    devices: list[Record]
    api_keys: list[Record]
    messages_with_links: list[Record]
    activity: list[Record]

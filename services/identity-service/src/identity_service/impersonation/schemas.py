"""Acting in a customer's place over HTTP."""

from typing import Annotated

from pydantic import StringConstraints

from shared.commands import Command

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=200)]


class BeginImpersonation(Command):
    """Why it is needed; the audit log keeps it."""

    reason: Reason

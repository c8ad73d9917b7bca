"""Feedback over HTTP."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from shared.commands import Command

Comment = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_000)]


class RateTicket(Command):
    """How content the customer is, from 1 (not at all) to 5 (very), with a word if they like."""

    score: int = Field(ge=1, le=5)
    comment: Comment = ""


class FeedbackOut(BaseModel):
    """What the customer said last."""

    score: int
    comment: str | None
    at: datetime

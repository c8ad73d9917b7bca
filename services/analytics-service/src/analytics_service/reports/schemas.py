"""Figures over HTTP."""

from datetime import datetime

from pydantic import BaseModel, Field


class TicketFigures(BaseModel):
    """How many tickets; merged and deleted ones count nowhere."""

    active: int = Field(description="In state new, open, pending or on_hold.")
    finished: int = Field(description="In state solved, closed or cancelled.")
    new_today: int = Field(description="Opened since the day began, whatever their state is now.")
    solved_today: int = Field(
        description="Solved since the day began, or closed without that, and not reopened."
    )


class OverviewOut(BaseModel):
    """The portal at a glance; a day begins at midnight in the portal's time zone."""

    agents: int = Field(description="Employees with the role agent who may log in.")
    categories: int = Field(description="Categories that a new ticket can have.")
    tickets: TicketFigures
    as_of: datetime = Field(description="When this was counted.")

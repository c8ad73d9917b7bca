"""Figures over HTTP."""

from datetime import date, datetime

from pydantic import BaseModel, Field


class TicketFigures(BaseModel):
    """How many tickets; merged and deleted ones count nowhere."""

    active: int = Field(description="In state new, open, pending or on_hold.")
    finished: int = Field(description="In state solved, closed or cancelled.")
    new_today: int = Field(description="Opened since the day began, whatever their state is now.")
    solved_today: int = Field(
        description="Solved since the day began, or closed without that, and not reopened."
    )


class DayFigures(BaseModel):
    """One day: what was opened and what was solved in it, whatever became of it later."""

    day: date
    created: int
    solved: int


class OverviewOut(BaseModel):
    """The portal at a glance; a day begins at midnight in the portal's time zone."""

    agents: int = Field(description="Employees with the role agent who may log in.")
    categories: int = Field(description="Categories that a new ticket can have.")
    tickets: TicketFigures
    days: list[DayFigures] = Field(description="The last 30 days, the oldest first; today is last.")
    as_of: datetime = Field(description="When this was counted.")

"""Pictures of people over HTTP."""

from uuid import UUID

from pydantic import BaseModel


class AvatarOut(BaseModel):
    """A picture that was just taken over; the id is another one with every picture."""

    avatar_id: UUID

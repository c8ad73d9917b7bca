"""Oneself over HTTP."""

from typing import Annotated, Any

from pydantic import BaseModel, Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from identity_service.fields import Name, NewPassword, TimeOfDay, TimeZone
from identity_service.second_factor.schemas import Proof
from identity_service.teams.schemas import TeamOut
from identity_service.users.schemas import UserOut
from shared.commands import Command
from shared.events.identity import Language, NotificationKind


class EditProfile(Command):
    """New values; fields that are not given stay."""

    name: Name | None = None
    language: Language | None = None
    time_zone: TimeZone | None = None


class ChangePassword(Proof):
    """The next password."""

    new_password: NewPassword


class MeOut(UserOut):
    """Oneself, with what one may do, one's teams by name, and what waits for being proven."""

    permissions: list[str]
    teams: list[TeamOut]
    pending_email: str | None = None
    pending_phone: str | None = None


class SetPreference(Command):
    """Whether messages of a kind are wanted; a channel that is not given stays."""

    kind: NotificationKind
    email: bool | None = None
    in_app: bool | None = None


class QuietHours(Command):
    """From when to when, in the person's time zone, e-mails wait; the span may go past midnight."""

    starts: TimeOfDay
    ends: TimeOfDay

    @field_validator("ends")
    @classmethod
    def _is_a_span(cls, ends: str, known: ValidationInfo) -> str:
        if known.data.get("starts") == ends:
            raise PydanticCustomError("no_span", "Quiet hours must end at another time.")
        return ends


class ChangePreferences(Command):
    """New settings; what is not given stays, and `quiet` that is null ends the quiet hours."""

    quiet: QuietHours | None = None
    items: Annotated[
        Annotated[tuple[SetPreference, ...], Field(min_length=1, max_length=20)] | None,
        Field(validate_default=True),
    ] = None

    @model_validator(mode="before")
    @classmethod
    def _asks_for_something(cls, given: Any) -> Any:
        if isinstance(given, dict) and not {"quiet", "items"} & given.keys():
            return {**given, "items": ()}
        return given


class PreferenceOut(BaseModel):
    """Whether messages of a kind come by e-mail and stand in the portal."""

    kind: NotificationKind
    email: bool
    in_app: bool


class QuietHoursOut(BaseModel):
    """When e-mails wait, as `HH:MM` in the person's time zone."""

    starts: str
    ends: str


class PreferencesOut(BaseModel):
    """Every kind of message that a person may switch off. What concerns the account always comes.

    During quiet hours e-mails wait until their end, but for urgent ones.
    """

    items: list[PreferenceOut]
    quiet: QuietHoursOut | None = None

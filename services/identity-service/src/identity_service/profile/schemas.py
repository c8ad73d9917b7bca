"""Oneself over HTTP."""

from typing import Annotated

from pydantic import BaseModel, Field

from identity_service.fields import Name, NewPassword, Password, PhoneNumber, TimeZone
from identity_service.teams.schemas import TeamOut
from identity_service.users.schemas import UserOut
from shared.commands import Command
from shared.events.identity import Language, NotificationKind


class EditProfile(Command):
    """New values; fields that are not given stay."""

    name: Name | None = None
    language: Language | None = None
    time_zone: TimeZone | None = None


class ChangePassword(Command):
    """The present password and the next one."""

    current_password: Password
    new_password: NewPassword


class ChangePhone(Command):
    """The next phone number, or null for none; the password shows that it is the owner who asks."""

    phone: PhoneNumber | None
    current_password: Password


class MeOut(UserOut):
    """Oneself, with what one may do and one's teams by name."""

    permissions: list[str]
    teams: list[TeamOut]


class SetPreference(Command):
    """Whether messages of a kind are wanted; a channel that is not given stays."""

    kind: NotificationKind
    email: bool | None = None
    in_app: bool | None = None


class ChangePreferences(Command):
    """New settings; kinds that are not given stay."""

    items: Annotated[tuple[SetPreference, ...], Field(min_length=1, max_length=20)]


class PreferenceOut(BaseModel):
    """Whether messages of a kind come by e-mail and stand in the portal."""

    kind: NotificationKind
    email: bool
    in_app: bool


class PreferencesOut(BaseModel):
    """Every kind of message that a person may switch off. What concerns the account always comes."""

    items: list[PreferenceOut]

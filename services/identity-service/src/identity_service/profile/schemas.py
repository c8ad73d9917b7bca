"""Oneself over HTTP."""

from identity_service.fields import Name, NewPassword, Password, PhoneNumber, TimeZone
from identity_service.teams.schemas import TeamOut
from identity_service.users.schemas import UserOut
from shared.commands import Command
from shared.events.identity import Language


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

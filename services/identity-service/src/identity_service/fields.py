"""Input types that several schemas share: each refuses with a code and leaves one spelling behind."""

import re
import unicodedata
from functools import cache
from typing import Annotated
from zoneinfo import available_timezones

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

MAX_EMAIL_LENGTH = 254
_HOME_REGION = "ID"
# Text in which these stand can be shown in another order than it is stored in.
_REORDERING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def email_address(text: str) -> str:
    """Lower case, ASCII; an international domain in its xn-- form.

    Letters outside ASCII before the @ are refused: they look like others and few servers take them.
    Whether mail arrives is proven by the mail itself, so the domain is not looked up.
    """
    try:
        found = validate_email(
            text, check_deliverability=False, allow_smtputf8=False, test_environment=True
        )
    except EmailNotValidError:
        raise PydanticCustomError("email", "This is not a valid e-mail address.") from None
    address = (found.ascii_email or "").lower()
    if not address or len(address) > MAX_EMAIL_LENGTH:
        raise PydanticCustomError("email", "This is not a valid e-mail address.")
    return address


def phone_number(text: str) -> str:
    """E.164; a number without a country is an Indonesian one."""
    try:
        number = phonenumbers.parse(text, _HOME_REGION)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise PydanticCustomError("phone", "This is not a valid phone number.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def one_line(text: str) -> str:
    """Single spaces, composed letters, nothing that hides or reorders what is read."""
    if _REORDERING.search(text) or any(unicodedata.category(c) == "Cc" for c in text):
        raise PydanticCustomError("characters", "This holds characters that cannot be shown.")
    return unicodedata.normalize("NFC", text)


def time_zone(text: str) -> str:
    """A name of the IANA time zone database."""
    if text not in _time_zones():
        raise PydanticCustomError("time_zone", "There is no such time zone.")
    return text


def like_pattern(part: str) -> str:
    """A LIKE pattern for texts that hold this part, or an empty text for an empty part."""
    text = " ".join(part.split())
    escaped = text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%" if escaped else ""


@cache
def _time_zones() -> set[str]:
    return available_timezones()


def _single_spaced(text: str) -> str:
    return " ".join(text.split())


EmailAddress = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=MAX_EMAIL_LENGTH),
    AfterValidator(email_address),
]
PhoneNumber = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=30), AfterValidator(phone_number)
]
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100),
    AfterValidator(_single_spaced),
    AfterValidator(one_line),
]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]
TimeOfDay = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
TimeZone = Annotated[str, StringConstraints(max_length=64), AfterValidator(time_zone)]
Token = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Password = Annotated[str, StringConstraints(min_length=1, max_length=128)]
NewPassword = Annotated[str, StringConstraints(min_length=8, max_length=128)]

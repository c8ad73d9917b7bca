"""Ticket numbers: eight or ten random digits, the last one a Damm check digit, shown `1234-5678`.

The check digit finds every single wrong digit and every swap of neighbours (H. M. Damm, 2004), so a
slip of the tongue on the phone is told as such instead of opening somebody else's ticket.
"""

import re
import secrets

from shared.errors import NotFound

_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)
_SHAPE = re.compile(r"\d{4}[- ]?\d{4}|\d{5}[- ]?\d{5}")


class TicketNumberMistyped(NotFound):
    """This ticket number has a typing mistake. Please check its digits."""


def draw_number(digits: int = 8) -> str:
    """A random number of 8 or 10 digits, without hyphen; it may be taken already."""
    body = "".join(secrets.choice("0123456789") for _ in range(digits - 1))
    return body + str(_check_digit(body))


def parse_number(text: str) -> str:
    """The digits of a number as people write it; raises `TicketNumberMistyped` otherwise."""
    if not looks_like_number(text):
        raise TicketNumberMistyped
    digits = re.sub(r"\D", "", text)
    if _check_digit(digits) != 0:
        raise TicketNumberMistyped
    return digits


def looks_like_number(text: str) -> bool:
    """Whether the text has the shape of a ticket number, right or mistyped."""
    return _SHAPE.fullmatch(text.strip()) is not None


def show_number(digits: str) -> str:
    """The number as people see it, with a hyphen in the middle."""
    middle = len(digits) // 2
    return f"{digits[:middle]}-{digits[middle:]}"


def _check_digit(digits: str) -> int:
    interim = 0
    for digit in digits:
        interim = _DAMM[interim][int(digit)]
    return interim

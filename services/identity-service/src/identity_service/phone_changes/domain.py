"""What can be wrong with the proof of a number."""

from shared.errors import FieldError, Invalid, NotFound

# Enough to tell one provider's block of numbers from the next.
_PREFIX_LENGTH = 8


class CodeWrong(Invalid):
    """This code is not right."""

    def __init__(self) -> None:
        super().__init__(FieldError("/code", self.title(), "code_wrong"))


class NoCodeExpected(NotFound):
    """There is no number to confirm any more. Please ask for another code."""


def prefix_of(phone: str) -> str:
    """The block that a number belongs to: whoever earns from messages has a block of them."""
    return phone[:_PREFIX_LENGTH]

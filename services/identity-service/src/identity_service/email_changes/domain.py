"""What can be wrong with the wish for another e-mail address."""

from shared.errors import FieldError, Invalid


class SameEmail(Invalid):
    """This is your e-mail address already."""

    def __init__(self) -> None:
        super().__init__(FieldError("/email", self.title(), "same_email"))

"""What people change of themselves."""

from shared.errors import FieldError, Invalid


class CurrentPasswordWrong(Invalid):
    """This is not your present password."""

    def __init__(self) -> None:
        super().__init__(FieldError("/current_password", self.title(), "password_wrong"))

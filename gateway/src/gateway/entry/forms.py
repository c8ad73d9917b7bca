"""The commands of identity-service that the forms at the door make."""

from typing import Any

from gateway.forms import Form

# The one field in which somebody names themselves, whichever way they do.
NAMED_IN = {"/phone": "email", "/email": "email"}


def registration(form: Form, language: str) -> dict[str, Any]:
    """`POST /registrations`."""
    return {
        **form.some("name", "email", "phone"),
        "password": form.raw("password"),
        "language": language,
    }


def login(form: Form) -> dict[str, Any]:
    """`POST /sessions`."""
    return {**named(form), "password": form.raw("password")}


def named(form: Form) -> dict[str, str]:
    """Who somebody says they are: what has digits and no @ is a number, anything else an address."""
    typed = form.text("email")
    is_number = "@" not in typed and any(map(str.isdigit, typed))
    return {"phone" if is_number else "email": typed}


def verification(form: Form, token: str) -> dict[str, Any]:
    """`POST /registrations/verify`; the password only where the page asked for it."""
    password = form.raw("password")
    return {"token": token, **({"password": password} if password else {})}


def acceptance(form: Form, token: str) -> dict[str, Any]:
    """`POST /invitations/accept`."""
    return {"token": token, "password": form.raw("password"), **form.some("name")}


def local_path(wish: str, fallback: str) -> str:
    """Where to go after login: a path of ours, never another site."""
    is_ours = wish.startswith("/") and not wish.startswith(("//", "/\\")) and wish.isprintable()
    return wish if is_ours and "\\" not in wish else fallback

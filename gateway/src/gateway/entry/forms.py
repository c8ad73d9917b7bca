"""The commands of identity-service that the forms at the door make."""

from typing import Any

from gateway.forms import Form


def registration(form: Form, language: str) -> dict[str, Any]:
    """`POST /registrations`."""
    return {
        **form.some("name", "email", "phone"),
        "password": form.raw("password"),
        "language": language,
    }


def login(form: Form) -> dict[str, Any]:
    """`POST /sessions`."""
    return {"email": form.text("email"), "password": form.raw("password")}


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

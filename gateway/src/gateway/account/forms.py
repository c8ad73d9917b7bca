"""The commands of identity-service that the account page's forms make, and the forms as they begin."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.forms import Form
from gateway.i18n import Texts
from gateway.upstream import Refusal
from shared.errors import Invalid

CHANNELS = ("email", "in_app")
_TOO_LARGE = 413


def profile(form: Form) -> dict[str, Any]:
    """`PATCH /me`."""
    return {name: form.text(name) for name in ("name", "language", "time_zone")}


def phone(form: Form) -> dict[str, Any]:
    """`PUT /me/phone`; an empty field takes the number away."""
    return {
        "phone": form.text("phone") or None,
        "current_password": form.raw("current_password"),
    }


def password(form: Form) -> dict[str, Any]:
    """`PUT /me/password`."""
    return {name: form.raw(name) for name in ("current_password", "new_password")}


def preferences(form: Form) -> dict[str, Any]:
    """`PATCH /me/notification-preferences`: the boxes that stood there, ticked or not."""
    ticked = {channel: form.many(channel) for channel in CHANNELS}
    return {
        "items": [
            {"kind": kind, **{channel: kind in ticked[channel] for channel in CHANNELS}}
            for kind in form.many("kind")
        ]
    }


def of_account(me: Mapping[str, Any], wanted: Sequence[Mapping[str, Any]]) -> dict[str, Form]:
    """Every form of the page with the present values, by the section that it stands in."""
    switches = {
        channel: [str(item["kind"]) for item in wanted if item[channel]] for channel in CHANNELS
    }
    return {
        "picture": Form(),
        "profile": Form.filled(name=me["name"], language=me["language"], time_zone=me["time_zone"]),
        "phone": Form.filled(phone=me["phone"]),
        "password": Form(),
        "notifications": Form(switches),
        "sessions": Form(),
    }


def refused(form: Form, refusal: Refusal, texts: Texts) -> Form:
    """The form with what is wrong with it; what stands at a field is not said twice.

    A photo that is too large is a fault of its field.
    """
    if refusal.status == _TOO_LARGE:
        form.errors["photos"] = texts(refusal.title)
    form = form.refused(refusal, texts, also=(_TOO_LARGE, 503))
    if form.notice in form.errors.values():
        form.notice = texts(Invalid.title())
    return form

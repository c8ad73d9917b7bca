"""The commands of identity-service that the account page's forms make, and the forms as they begin."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.forms import Form
from gateway.i18n import Texts
from gateway.upstream import Refusal
from shared.errors import Invalid

CHANNELS = ("email", "in_app")
# What the fields offer to whoever has no quiet hours yet.
USUAL_NIGHT = ("21:00", "06:00")
_TOO_LARGE = 413


def profile(form: Form) -> dict[str, Any]:
    """`PATCH /me`."""
    return {name: form.text(name) for name in ("name", "language", "time_zone")}


def email(form: Form) -> dict[str, Any]:
    """`PUT /me/email`."""
    return {"email": form.text("email"), **owner(form)}


def phone(form: Form) -> dict[str, Any]:
    """`PUT /me/phone`."""
    return {"phone": form.text("phone"), **owner(form)}


def owner(form: Form) -> dict[str, Any]:
    """`POST /me/phone/removal`: only who asks; with a code where the second step is on."""
    return {"current_password": form.raw("current_password"), **form.some("code")}


def password(form: Form) -> dict[str, Any]:
    """`PUT /me/password`."""
    return {"new_password": form.raw("new_password"), **owner(form)}


def preferences(form: Form) -> dict[str, Any]:
    """`PATCH /me/notification-preferences`: the boxes that stood there, ticked or not."""
    ticked = {channel: form.many(channel) for channel in CHANNELS}
    starts, ends = form.text("quiet_from"), form.text("quiet_to")
    return {
        "quiet": {"starts": starts, "ends": ends} if form.text("quiet") else None,
        "items": [
            {"kind": kind, **{channel: kind in ticked[channel] for channel in CHANNELS}}
            for kind in form.many("kind")
        ],
    }


def of_account(me: Mapping[str, Any], preferences: Mapping[str, Any]) -> dict[str, Form]:
    """Every form of the page with the present values, by the section that it stands in."""
    wanted: Sequence[Mapping[str, Any]] = preferences["items"]
    quiet = preferences["quiet"]
    switches = {
        channel: [str(item["kind"]) for item in wanted if item[channel]] for channel in CHANNELS
    }
    switches["quiet"] = ["yes"] if quiet else []
    switches["quiet_from"] = [quiet["starts"] if quiet else USUAL_NIGHT[0]]
    switches["quiet_to"] = [quiet["ends"] if quiet else USUAL_NIGHT[1]]
    return {
        "picture": Form(),
        "profile": Form.filled(name=me["name"], language=me["language"], time_zone=me["time_zone"]),
        "email": Form(),
        "phone": Form.filled(phone=me["phone"]),
        "code": Form(),
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

"""The guided questions of a report: what is asked for which category, and how the answers read.

The services know nothing of them: answers become readable lines of the description, in the
customer's language, so that whoever reads the ticket anywhere finds them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from gateway.forms import Form
from gateway.i18n import Texts


def _(message: str) -> str:
    """Marks a message for the catalogue."""
    return message


@dataclass(frozen=True, slots=True)
class Question:
    """One question: as it is asked, as it stands in the description, its answers by value."""

    name: str
    asked: str
    told: str
    answers: Mapping[str, str]
    takes_many: bool = False


_LAMP = Question(
    "lamp",
    _("Which lamps are lit on the modem?"),
    _("Lamps on the modem"),
    {
        "los": _("LOS is red"),
        "off": _("All are off"),
        "normal": _("As always"),
        "unknown": _("I do not know"),
    },
)
_DEVICES = Question(
    "devices",
    _("Where does it happen?"),
    _("Where it happens"),
    {
        "all": _("On all devices"),
        "one": _("On one device"),
        "wireless": _("Only over Wi-Fi"),
    },
)
_SINCE = Question(
    "since",
    _("Since when?"),
    _("When"),
    {
        "now": _("Just now"),
        "morning": _("Since this morning"),
        "yesterday": _("Since yesterday"),
        "longer": _("For days"),
    },
)
_TRIED = Question(
    "tried",
    _("What have you tried?"),
    _("Tried already"),
    {
        "restart": _("Modem off and on"),
        "cables": _("Checked the cables"),
        "device": _("Another device"),
    },
    takes_many=True,
)
_BILL = Question(
    "bill",
    _("What about the bill?"),
    _("About the bill"),
    {
        "paid": _("Paid, but still cut off"),
        "amount": _("The amount is wrong"),
        "invoice": _("No invoice came"),
        "else": _("Something else"),
    },
)

QUESTIONS: Final = (_LAMP, _DEVICES, _BILL, _SINCE, _TRIED)
_ASKED_FOR: Final = {
    "down": (_LAMP, _SINCE, _TRIED),
    "slow": (_DEVICES, _SINCE, _TRIED),
    "intermittent": (_LAMP, _SINCE, _TRIED),
    "wifi": (_DEVICES, _SINCE, _TRIED),
    "billing": (_BILL,),
}
# What a tile says besides its name, and the title that it suggests.
_EXAMPLES: Final = {
    "down": _("No connection at all"),
    "slow": _("Videos stop, pages wait"),
    "intermittent": _("Comes and goes"),
    "wifi": _("Signal, password"),
    "billing": _("Payment, invoice"),
    "relocation": _("To another address"),
    "new-service": _("New line, other plan"),
    "other": _("Everything else"),
}
_TITLES: Final = {
    "down": _("No internet"),
    "slow": _("Internet is slow"),
    "intermittent": _("Internet comes and goes"),
    "wifi": _("Problem with the Wi-Fi"),
    "billing": _("Question about the bill"),
    "relocation": _("Moving to another address"),
    "new-service": _("New line or other plan"),
}


def asked_for(category: str) -> tuple[Question, ...]:
    """The questions of a category; none for one that is not known here."""
    return _ASKED_FOR.get(category, ())


def example_of(category: str, texts: Texts) -> str:
    """The small words on a category's tile; empty for one that is not known here."""
    return texts(_EXAMPLES.get(category, ""))


def title_of(category: Mapping[str, Any], texts: Texts) -> str:
    """The title that a category suggests: the customer's words, else the category's name."""
    known = texts(_TITLES.get(category["slug"], ""))
    return known or str(category["name"][texts.language])


def answers(form: Form) -> list[tuple[Question, list[str]]]:
    """What was answered, as words for the catalogue; answers to what is not asked here are left."""
    found = []
    for question in asked_for(form.text("category")):
        given = form.many(question.name)[: None if question.takes_many else 1]
        words = [question.answers[value] for value in given if value in question.answers]
        if words:
            found.append((question, words))
    return found


def description(form: Form, texts: Texts) -> str:
    """The answers line by line, then what the customer wrote."""
    lines = [
        f"{texts(question.told)}: {', '.join(texts(word) for word in words)}"
        for question, words in answers(form)
    ]
    return "\n\n".join(part for part in ("\n".join(lines), form.text("description")) if part)


def subject(form: Form, categories: list[dict[str, Any]], texts: Texts) -> str:
    """The typed title; else one made of the category and since when. Empty without a category."""
    if typed := form.text("subject"):
        return typed
    chosen = next((c for c in categories if c["slug"] == form.text("category")), None)
    if chosen is None:
        return ""
    since = _SINCE.answers.get(form.text("since"), "")
    is_asked = _SINCE in asked_for(chosen["slug"])
    return title_of(chosen, texts) + (f" {_inside(texts(since))}" if since and is_asked else "")


def _inside(words: str) -> str:
    """A sentence's beginning, as it stands in the middle of one."""
    return words[:1].lower() + words[1:]

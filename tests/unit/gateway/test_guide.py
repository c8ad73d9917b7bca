"""The guided questions: what a customer taps becomes words that anybody can read."""

from gateway.customer import guide
from gateway.forms import Form
from gateway.i18n import load_texts
from tests.unit.gateway import samples
from tests.unit.gateway.conftest import Visitor
from tests.unit.gateway.upstream import Upstream

INDONESIAN, ENGLISH = (load_texts()[language] for language in ("id", "en"))
CATEGORIES = [samples.category(), samples.category("other"), samples.category("fibre")]


def form(**values: str | list[str]) -> Form:
    return Form({name: [v] if isinstance(v, str) else v for name, v in values.items()})


def test_answers_stand_line_by_line_before_what_was_written() -> None:
    typed = form(
        category="down",
        lamp="los",
        since="morning",
        tried=["restart", "cables"],
        description="Saya kerja dari rumah.",
    )
    assert guide.description(typed, INDONESIAN) == (
        "Lampu di modem: LOS merah\n"
        "Waktu: Sejak tadi pagi\n"
        "Sudah dicoba: Restart modem, Cek kabel\n"
        "\n"
        "Saya kerja dari rumah."
    )


def test_answers_are_written_in_the_language_of_the_customer() -> None:
    typed = form(category="billing", bill="paid")
    assert guide.description(typed, ENGLISH) == "About the bill: Paid, but still cut off"


def test_answers_alone_are_enough_of_a_description() -> None:
    assert guide.description(form(category="slow", since="now"), ENGLISH) == "When: Just now"


def test_what_was_not_answered_leaves_no_line() -> None:
    assert guide.description(form(category="down", description="Mati"), INDONESIAN) == "Mati"
    assert guide.description(form(category="down"), INDONESIAN) == ""


def test_answers_to_questions_of_another_category_are_left_out() -> None:
    typed = form(category="billing", lamp="los", since="now", bill="amount")
    assert guide.description(typed, ENGLISH) == "About the bill: The amount is wrong"


def test_answers_that_nobody_offered_are_left_out() -> None:
    typed = form(category="down", lamp="<b>", tried=["restart", "prayed"], since=["now", "longer"])
    assert guide.description(typed, ENGLISH) == "When: Just now\nTried already: Modem off and on"


def test_a_title_is_made_of_the_category_and_since_when() -> None:
    assert guide.subject(form(category="down"), CATEGORIES, INDONESIAN) == "Internet mati"
    tapped = form(category="down", since="morning")
    assert guide.subject(tapped, CATEGORIES, INDONESIAN) == "Internet mati sejak tadi pagi"
    assert guide.subject(tapped, CATEGORIES, ENGLISH) == "No internet since this morning"


def test_a_written_title_stays_as_it_is() -> None:
    written = form(category="down", since="morning", subject="Tolong cepat")
    assert guide.subject(written, CATEGORIES, INDONESIAN) == "Tolong cepat"


def test_a_category_that_is_new_gives_its_name_and_asks_nothing() -> None:
    tapped = form(category="fibre", since="morning")
    assert guide.asked_for("fibre") == ()
    assert guide.example_of("fibre", ENGLISH) == ""
    assert guide.subject(tapped, CATEGORIES, ENGLISH) == "No internet"


def test_without_a_category_there_is_no_title() -> None:
    assert guide.subject(form(category="nonsense"), CATEGORIES, ENGLISH) == ""


async def test_a_report_of_three_taps_is_a_whole_ticket(
    visitor: Visitor, upstream: Upstream
) -> None:
    upstream.answers("POST", "/tickets", samples.ticket(), 201)
    visitor.as_customer()
    await visitor.post("/tickets/new", category="down", lamp="off", since="yesterday")
    assert upstream.last("POST", "/tickets").json() == {
        "subject": "Internet mati sejak kemarin",
        "description": "Lampu di modem: Semua mati\nWaktu: Sejak kemarin",
        "category": "down",
        "impact": "down",
    }


async def test_a_form_that_comes_back_keeps_the_answers_apart_from_the_words(
    visitor: Visitor, upstream: Upstream
) -> None:
    visitor.as_customer()
    await visitor.get("/tickets/new")
    answer = await visitor.post("/tickets/new", lamp="los", tried="restart", csrf_token="old")
    assert answer.status_code == 403
    assert 'name="lamp" value="los"' in answer.text
    assert 'name="tried" value="restart"' in answer.text

"""Ticket numbers as people write, say and mistype them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticket_service.tickets.numbers import (
    TicketNumberMistyped,
    draw_number,
    parse_number,
    show_number,
)

numbers = st.builds(lambda digits: draw_number(digits), st.sampled_from((8, 10)))


@given(numbers)
def test_a_drawn_number_is_read_back_with_and_without_its_hyphen(number: str) -> None:
    assert parse_number(number) == number
    assert parse_number(show_number(number)) == number
    assert parse_number(f" {show_number(number)} ") == number


@given(numbers, st.data())
def test_one_wrong_digit_is_always_told(number: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(number) - 1))
    wrong = data.draw(st.sampled_from([d for d in "0123456789" if d != number[place]]))
    with pytest.raises(TicketNumberMistyped):
        parse_number(number[:place] + wrong + number[place + 1 :])


@given(numbers, st.data())
def test_two_swapped_neighbours_are_always_told(number: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(number) - 2))
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    if swapped == number:
        return
    with pytest.raises(TicketNumberMistyped):
        parse_number(swapped)


@pytest.mark.parametrize("text", ["", "1234", "12-345678", "123456789", "abcd-efgh", "1234--5678"])
def test_what_has_not_the_shape_of_a_number_is_mistyped(text: str) -> None:
    with pytest.raises(TicketNumberMistyped):
        parse_number(text)


def test_the_check_digit_is_damms_own_example() -> None:
    # 572 with check digit 4 is the example of the dissertation; zeros in front change nothing.
    assert parse_number("0000-5724") == "00005724"

"""The brand: whatever colour is configured stays readable, and support is reached in one tap."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gateway.assets import STATIC_DIR, Assets
from gateway.brand import Colour, Hours, Support, palette
from gateway.i18n import load_texts
from gateway.main import compose
from tests.unit.gateway.conftest import settings_for

AA = 4.5
WHITE = Colour(255, 255, 255)


def themes(css: str) -> list[dict[str, Colour]]:
    """The colours of each theme of a style sheet."""
    blocks = re.findall(r":root\s*{([^}]*)}", css)
    return [
        {name: Colour.parse(value) for name, value in re.findall(r"--([\w-]+): (#\w{6});", block)}
        for block in blocks
    ]


TOKENS = themes((STATIC_DIR / "tokens.css").read_text())


@pytest.mark.parametrize("theme", TOKENS, ids=["light", "dark"])
def test_every_text_of_ours_is_readable(theme: dict[str, Colour]) -> None:
    grounds = ("bg", "surface", "sunken", "hover")
    pairs = [(ink, on) for ink in ("ink", "ink-2", "brand", "red") for on in grounds]
    pairs += [("ink-3", on) for on in grounds[:3]]
    tones = ("blue", "green", "amber", "violet", "red")
    pairs += [(tone, f"{tone}-soft") for tone in tones]
    pairs += [("on-brand", "brand"), ("on-brand", "brand-2"), ("brand-2", "brand-soft")]
    pairs += [("ink", "brand-soft"), ("on-hero", "hero"), ("on-hero", "hero-2"), ("on-red", "red")]
    dim = {p: theme[p[0]].contrast(theme[p[1]]) for p in pairs}
    assert {pair: ratio for pair, ratio in dim.items() if ratio < AA} == {}


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_every_colour_that_a_brand_may_have_becomes_readable(parts: tuple[int, int, int]) -> None:
    light, dark = (
        ours | own for ours, own in zip(TOKENS, themes(palette(str(Colour(*parts)))), strict=True)
    )
    for theme in (light, dark):
        assert theme["brand"].contrast(theme["surface"]) >= AA
        assert theme["brand"].contrast(theme["bg"]) >= AA
        assert theme["on-brand"].contrast(theme["brand"]) >= AA
        assert theme["brand-2"].contrast(theme["brand-soft"]) >= AA
        assert theme["ink"].contrast(theme["brand-soft"]) >= AA
        assert theme["on-hero"].contrast(theme["hero"]) >= AA


def test_contrast_is_that_of_wcag() -> None:
    assert round(Colour(0, 0, 0).contrast(WHITE), 2) == 21
    assert round(Colour.parse("#767676").contrast(WHITE), 2) == 4.54


def test_a_configured_colour_and_logo_reach_the_pages(tmp_path: Path) -> None:
    logo = tmp_path / "ours.PNG"
    logo.write_bytes(b"\x89PNG")
    assets = Assets(colour="#1d4ed8", logo=logo)
    assert assets.has("brand/logo.png")
    assert "--brand: #1d4ed8" in assets.text("portal.css")
    assert "--brand: #1d4ed8" in assets.text("console.css")
    assert "#1d4ed8" in assets.text("icon.svg")


def test_a_brand_that_cannot_be_read_stops_the_start(tmp_path: Path) -> None:
    for name, value in (("BRAND_COLOUR", "teal"), ("SUPPORT_HOURS", "nine to five")):
        with pytest.raises((ValidationError, ValueError), match=value):
            compose(settings_for("http://127.0.0.1:1", tmp_path, **{name: value}))


def test_support_is_one_tap_away() -> None:
    support = Support("150 123", "+62 812-0000-0123")
    assert support.phone_link == "tel:150123"
    assert support.whatsapp_link == "https://wa.me/6281200000123"
    assert support
    assert not Support(hours=Hours.parse("08:00-17:00"))


def test_hours_are_read_with_and_without_days() -> None:
    assert Hours.parse("") is None
    assert Hours.parse("1-6 08:00-20:00") == Hours(1, 6, "08:00", "20:00")
    everyday = Hours.parse("08:00-20:00")
    assert everyday is not None
    assert everyday.is_every_day
    assert not everyday.is_always
    always = Hours.parse("00:00-24:00")
    assert always is not None
    assert always.is_always


def test_weekdays_have_names_in_both_languages() -> None:
    texts = load_texts()
    assert [texts["id"].weekday(day) for day in (1, 7)] == ["Senin", "Minggu"]
    assert texts["en"].weekday(6) == "Saturday"

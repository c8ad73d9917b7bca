"""The rules of codes: which are right, when, and how often."""

from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from identity_service.second_factor.domain import (
    new_recovery_codes,
    new_secret,
    provisioning_uri,
    recovery_place,
    shown_recovery_code,
    state_of,
    step_of,
    tidy_code,
)
from identity_service.vault import NotOurs, Vault

NOW = datetime(2026, 5, 4, 9, 0, 10, tzinfo=UTC)
# RFC 6238, appendix B: the ASCII secret 12345678901234567890 in base32.
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
OTHER_KEY = "ICECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"


@pytest.mark.parametrize(
    ("second", "code"),
    [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924")],
)
def test_codes_are_those_of_the_standard(second: int, code: str) -> None:
    at = datetime.fromtimestamp(second, UTC)
    assert step_of(SECRET, code, at, 0) == second // 30


@pytest.mark.parametrize(
    ("steps", "is_right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_a_clock_may_be_one_step_wrong(steps: int, is_right: bool) -> None:
    code = pyotp.TOTP(SECRET).at(NOW, counter_offset=steps)
    assert (step_of(SECRET, code, NOW, 0) is not None) == is_right


def test_a_code_is_right_once_and_those_before_it_never_again() -> None:
    code = pyotp.TOTP(SECRET).at(NOW)
    step = step_of(SECRET, code, NOW, 0)
    assert step is not None
    assert step_of(SECRET, code, NOW, step) is None
    before = pyotp.TOTP(SECRET).at(NOW - timedelta(seconds=30))
    assert step_of(SECRET, before, NOW, step) is None
    after = pyotp.TOTP(SECRET).at(NOW + timedelta(seconds=30))
    assert step_of(SECRET, after, NOW, step) == step + 1


@pytest.mark.parametrize("code", ["", "0", "12345", "1234567", "abcdef", "１２３４５６", "é"])
def test_what_is_no_code_is_wrong(code: str) -> None:
    assert step_of(SECRET, code, NOW, 0) is None


def test_apps_read_the_brand_and_the_address() -> None:
    uri = provisioning_uri(SECRET, "budi@example.test", "Padi NET")
    assert uri.startswith("otpauth://totp/Padi%20NET:budi%40example.test?")
    assert pyotp.parse_uri(uri).secret == SECRET
    assert len({new_secret() for _ in range(50)}) == 50


def test_recovery_codes_differ_and_say_which_they_are() -> None:
    codes = new_recovery_codes()
    assert [recovery_place(code) for code in codes] == list("0123456789")
    assert len({code[1:] for code in codes}) == 10
    shown = shown_recovery_code(codes[4])
    assert len(shown) == 14
    assert tidy_code(f" {shown.upper()} ") == codes[4]
    assert recovery_place("123456") == recovery_place("abcdefghijkl") == ""


def test_only_staff_are_ever_required_to_have_one() -> None:
    assert state_of("staff", is_on=False, demand="required") == "needed"
    assert state_of("staff", is_on=False, demand="optional") == "off"
    assert state_of("customer", is_on=False, demand="required") == "off"
    assert state_of("staff", is_on=True, demand="required") == "on"


def test_a_vault_opens_what_it_sealed_for_the_same_purpose_only() -> None:
    vault = Vault.parse(f"k1:{KEY}")
    sealed = vault.seal(b"secret", "for budi")
    assert b"secret" not in sealed
    assert vault.seal(b"secret", "for budi") != sealed
    assert vault.open(sealed, "for budi") == b"secret"
    assert vault.open_text(vault.seal_text(b"x", "p"), "p") == b"x"
    for wrong in (sealed[:-1], sealed[:10], b"", b"k2" + sealed[2:]):
        with pytest.raises(NotOurs):
            vault.open(wrong, "for budi")
    with pytest.raises(NotOurs):
        vault.open(sealed, "for sari")
    with pytest.raises(NotOurs):
        vault.open_text("!", "p")


def test_a_vault_still_opens_what_an_earlier_key_sealed() -> None:
    sealed = Vault.parse(f"k1:{KEY}").seal(b"secret", "p")
    assert Vault.parse(f"k2:{OTHER_KEY},k1:{KEY}").open(sealed, "p") == b"secret"
    with pytest.raises(NotOurs):
        Vault.parse(f"k1:{OTHER_KEY}").open(sealed, "p")

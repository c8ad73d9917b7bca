"""The name of a photo is somebody's text: shown, never trusted."""

import pytest

from ticket_service.attachments.domain import shown_name


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("modem.jpg", "modem.jpg"),
        ("Foto Modem (1).HEIC.PNG", "Foto Modem (1).HEIC.jpg"),
        ("C:\\Users\\siti\\foto.png", "foto.jpg"),
        ("../../etc/passwd", "passwd.jpg"),
        ("lampu merah é 📷.jpeg", "lampu merah é 📷.jpg"),
        ('<script>"x"</script>.jpg', "script.jpg"),
        ("a\r\nSet-Cookie: x=1.jpg", "aSet-Cookie x=1.jpg"),
        ("\u202egpj.exe", "gpj.jpg"),
        ("x" * 300 + ".jpg", "x" * 80 + ".jpg"),
        ("...", "foto.jpg"),
        ("", "foto.jpg"),
        (None, "foto.jpg"),
    ],
)
def test_a_name_keeps_what_people_can_read_and_gets_the_ending_that_is_true(
    given: str | None, shown: str
) -> None:
    assert shown_name(given, ".jpg") == shown

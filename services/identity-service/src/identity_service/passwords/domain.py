"""Which passwords are too easy to guess: common ones, and words that stand in the account itself."""

import re
from collections.abc import Iterable
from functools import cache
from itertools import pairwise

from shared.errors import FieldError, Invalid

_LEAST_OWN_CHARACTERS = 6
_MOST_DECORATION = 4
_LEAST_WORD = 3
_NOT_LETTERS_AROUND = re.compile(r"^[\W\d_]+|[\W\d_]+$")


class PasswordTooEasy(Invalid):
    """This password is too easy to guess. Please choose another one."""


def check_password(password: str, context: Iterable[str], pointer: str = "/password") -> None:
    """Raise `PasswordTooEasy` for a common password or one made of the words in `context`.

    There are no rules about kinds of characters and no changes by the calendar (OWASP ASVS 5.0
    6.2.5, 6.2.10): length is what helps.
    """
    folded = password.casefold()
    if _is_common(folded):
        detail = "This password is one of the most used ones."
        raise PasswordTooEasy(FieldError(pointer, detail, "password_common"))
    if _is_made_of(folded, context):
        detail = "This password is made of your name, your e-mail address or our name."
        raise PasswordTooEasy(FieldError(pointer, detail, "password_context"))


def _is_common(folded: str) -> bool:
    """Whether it is listed, is one step repeated (aaaa, 1234, hgfe), or a listed word with a tail."""
    if folded in _common_passwords() or _is_one_step_repeated(folded):
        return True
    core = _NOT_LETTERS_AROUND.sub("", folded)
    return len(folded) - len(core) <= _MOST_DECORATION and core in _common_passwords()


def _is_one_step_repeated(text: str) -> bool:
    steps = {ord(after) - ord(before) for before, after in pairwise(text)}
    return len(steps) == 1 and steps <= {-1, 0, 1}


def _is_made_of(folded: str, context: Iterable[str]) -> bool:
    """Whether too little is left once the words of the context are taken out."""
    words = {w for text in context for w in re.split(r"[\W_]+", text.casefold())}
    rest = folded
    for word in sorted(words, key=len, reverse=True):
        if len(word) >= _LEAST_WORD:
            rest = rest.replace(word, "")
    return rest != folded and len(rest) < _LEAST_OWN_CHARACTERS


@cache
def _common_passwords() -> frozenset[str]:
    """The 30,000 most used passwords, as the package zxcvbn lists them; read when first needed."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(FREQUENCY_LISTS["passwords"])

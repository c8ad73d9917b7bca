"""Problems of the services in the words of a person: titles and field errors through the catalogue."""

from collections.abc import Mapping
from typing import Any

import orjson

from gateway.i18n import Texts


def _(message: str) -> str:
    """Marks a message for the catalogue."""
    return message


# Codes of field errors (pydantic's and our own); every other error is found by its English sentence.
FIELD_MESSAGES: Mapping[str, str] = {
    "missing": _("This is needed."),
    "extra_forbidden": _("There is no such field."),
    "string_too_short": _("At least %(min_length)s characters, please."),
    "string_too_long": _("At most %(max_length)s characters, please."),
    "string_type": _("This must be text."),
    "string_pattern_mismatch": _("This does not look right."),
    "too_long": _("That is too many."),
    "too_short": _("That is too few."),
    "int_parsing": _("This must be a whole number."),
    "int_type": _("This must be a whole number."),
    "int_from_float": _("This must be a whole number."),
    "bool_parsing": _("This must be yes or no."),
    "bool_type": _("This must be yes or no."),
    "list_type": _("This must be a list."),
    "model_attributes_type": _("This must be an object with fields."),
    "dict_type": _("This must be an object with fields."),
    "uuid_parsing": _("Choose one from the list."),
    "uuid_type": _("Choose one from the list."),
    "enum": _("Choose one from the list."),
    "literal_error": _("Choose one from the list."),
    "greater_than_equal": _("At least %(ge)s, please."),
    "less_than_equal": _("At most %(le)s, please."),
    "datetime_parsing": _("This must be a date and time."),
    "datetime_from_date_parsing": _("This must be a date and time."),
    "date_from_datetime_parsing": _("This must be a date."),
    "json_invalid": _("This is not valid JSON."),
    "value_error": _("This does not look right."),
}
_UNKNOWN = _("This does not look right.")


def problem_title(title: str, params: Mapping[str, Any], texts: Texts) -> str:
    """The sentence that names the fact; parameters stand in it as `%(name)s` or not at all."""
    return _filled(texts(title), params)


def field_message(error: Mapping[str, Any], texts: Texts) -> str:
    """What is wrong with one field."""
    code, detail = str(error.get("code", "")), str(error.get("detail", ""))
    params = error.get("params") or {}
    if code in FIELD_MESSAGES:
        return _filled(texts(FIELD_MESSAGES[code]), params)
    translated = texts(detail)
    is_known = translated != detail or texts.language == "en"
    return _filled(translated if is_known and detail else texts(_UNKNOWN), params)


def translated_problem(body: bytes, texts: Texts) -> bytes:
    """A problem document with title, detail and errors in a language; anything else as it came."""
    try:
        problem = orjson.loads(body)
        params = problem.get("params") or {}
        problem["title"] = problem_title(problem["title"], params, texts)
        if problem.get("detail"):
            problem["detail"] = _filled(texts(problem["detail"]), params)
        for error in problem.get("errors") or ():
            error["detail"] = field_message(error, texts)
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return body
    return orjson.dumps(problem)


def _filled(text: str, params: Mapping[str, Any]) -> str:
    try:
        return text % params if params and "%(" in text else text
    except (KeyError, TypeError, ValueError):
        return text

"""Pages from templates: one Jinja2 environment for each language, everything escaped."""

import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    Template,
    nodes,
    pass_context,
)
from jinja2.runtime import Context
from jinja2.visitor import NodeTransformer

from gateway.assets import Assets
from gateway.i18n import DEFAULT_LANGUAGE, Texts
from gateway.pictures import Pictures
from gateway.site import Site

_TONES: Final = ("brand", "blue", "violet", "amber", "green", "red")
TEMPLATE_DIR: Final = Path(__file__).parent / "templates"
OFFLINE: Final = "offline.html"
_SPRITE: Final = "icons.svg"


class Templates:
    """Renders a template in a language."""

    def __init__(self, texts: Mapping[str, Texts], assets: Assets, site: Site) -> None:
        self._environments = {
            language: _environment(own, assets, site) for language, own in texts.items()
        }
        sprite = assets.text(_SPRITE), assets.url(_SPRITE)
        self._pictures = Pictures(*sprite, frame=self._frame)
        for language, environment in self._environments.items():
            environment.globals["offline"] = _edition(language, self.render(language, OFFLINE, {}))

    def render(self, language: str, template: str, context: Mapping[str, Any]) -> str:
        """The HTML of a page or fragment."""
        page = self._environments[language].get_template(template).render(context)
        return self._pictures.carried(page)

    def _frame(self, symbols: str) -> str:
        macros: Any = self._environments[DEFAULT_LANGUAGE].get_template("macros/icons.html").module
        return str(macros.carried(symbols))

    def compile_all(self) -> int:
        """Compile every template, so that a broken one is found at the start; says how many."""
        names = [name for e in self._environments.values() for name in e.list_templates()]
        for environment in self._environments.values():
            for name in environment.list_templates():
                environment.get_template(name)
        return len(names)


class _WordsInPlace(NodeTransformer):
    """Puts the words for `_("…")` into the compiled template, where nothing is to be filled in.

    A page has dozens of them; looked up on every request they took a third of its time.
    """

    def __init__(self, texts: Texts) -> None:
        self._texts = texts

    def visit_Call(self, node: nodes.Call) -> nodes.Node:
        self.generic_visit(node)
        is_gettext = isinstance(node.node, nodes.Name) and node.node.name == "_"
        if not is_gettext or node.kwargs or len(node.args) != 1:
            return node
        message = node.args[0]
        if not isinstance(message, nodes.Const):
            return node
        return nodes.Const(self._texts(message.value), lineno=node.lineno)


class _Template(Template):
    """Jinja2's, but a file of macros is one module for all pages: their globals are the same."""

    def _get_default_module(self, ctx: Context | None = None) -> Any:
        return super()._get_default_module()


class _Environment(Environment):
    """Jinja2 for one language; a record's field is found before a method of the same name."""

    template_class = _Template
    texts: Texts

    def getattr(self, obj: Any, attribute: str) -> Any:
        if type(obj) is dict and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def compile(self, source: Any, *more: Any, **named: Any) -> Any:
        if isinstance(source, str):
            source = self.parse(source, *more[:2])
        return super().compile(_WordsInPlace(self.texts).visit(source), *more, **named)


def _edition(language: str, page: str) -> str:
    """Names the page for browsers without a connection, so that they fetch it when it changes."""
    return urlencode({"lang": language, "v": hashlib.sha256(page.encode()).hexdigest()[:8]})


def _environment(texts: Texts, assets: Assets, site: Site) -> Environment:
    environment = _Environment(
        loader=FileSystemLoader(TEMPLATE_DIR),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    environment.texts = texts
    environment.install_gettext_translations(  # type: ignore[attr-defined]
        texts.catalogue, newstyle=True
    )
    environment.globals.update(
        asset=assets.url, has_asset=assets.has, site=site, language=texts.language
    )
    environment.globals["icon"] = _drawn_once(environment)
    environment.filters.update(
        moment=_in_zone(texts.moment),
        time=_in_zone(texts.time),
        day=_in_zone(texts.day),
        brief=_in_zone(texts.brief),
        month=_in_zone(texts.month),
        weekday=texts.weekday,
        ago=texts.ago,
        number=texts.number,
        initials=initials,
        tone=tone,
    )
    return environment


def _drawn_once(environment: Environment) -> Callable[..., str]:
    """The macro for a picture, which a page asks for some twenty times, remembered by its name."""

    @cache
    def icon(name: str, label: str = "") -> str:
        macros: Any = environment.get_template("macros/icons.html").module
        drawn: str = macros.icon(name, label)
        return drawn

    return icon


def _in_zone(format_value: Any) -> Any:
    """A filter that writes a time in the zone of the person who reads the page."""

    @pass_context
    def formatted(context: Context, value: str) -> str:
        text: str = format_value(value, context["zone"])
        return text

    return formatted


def initials(name: str) -> str:
    """Two letters that stand for a person."""
    words = [word for word in name.split() if word[0].isalnum()]
    letters = [words[0][0], words[-1][0]] if len(words) > 1 else [w[0] for w in words]
    return "".join(letters).upper() or "?"


def tone(name: str) -> str:
    """The colour that stands for a person, always the same one."""
    return _TONES[sum(name.encode()) % len(_TONES)]

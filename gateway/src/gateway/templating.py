"""Pages from templates: one Jinja2 environment for each language, everything escaped."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.bccache import Bucket
from jinja2.runtime import Context

from gateway.assets import Assets
from gateway.i18n import Texts
from gateway.site import Site

TEMPLATE_DIR: Final = Path(__file__).parent / "templates"


class Templates:
    """Renders a template in a language."""

    def __init__(self, texts: Mapping[str, Texts], assets: Assets, site: Site) -> None:
        compiled = _Compiled()
        self._environments = {
            language: _environment(own, assets, site, compiled) for language, own in texts.items()
        }

    def render(self, language: str, template: str, context: Mapping[str, Any]) -> str:
        """The HTML of a page or fragment."""
        return self._environments[language].get_template(template).render(context)

    def compile_all(self) -> int:
        """Compile every template, so that a broken one is found at the start; says how many."""
        names = [name for e in self._environments.values() for name in e.list_templates()]
        for environment in self._environments.values():
            for name in environment.list_templates():
                environment.get_template(name)
        return len(names)


class _Compiled(BytecodeCache):
    """What one language has compiled serves the others, so that starting takes half the time."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if code := self._code.get(bucket.key):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.bytecode_to_string()


def _environment(texts: Texts, assets: Assets, site: Site, compiled: _Compiled) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATE_DIR),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        bytecode_cache=compiled,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(  # type: ignore[attr-defined]
        texts.catalogue, newstyle=True
    )
    environment.globals.update(asset=assets.url, site=site, language=texts.language)
    environment.filters.update(
        moment=_in_zone(texts.moment),
        time=_in_zone(texts.time),
        day=_in_zone(texts.day),
        ago=texts.ago,
        number=texts.number,
        initials=initials,
    )
    return environment


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

"""`python -m gateway.catalogue [--check]`: bring the message catalogues in step with the sources.

Messages are what templates and code mark with `_()`, and the sentences of problems and field errors
in all services, because the gateway is where those meet people.
"""

import argparse
import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from gateway.i18n import LANGUAGES, po_file
from gateway.templating import TEMPLATE_DIR

PACKAGE: Final = Path(__file__).parent
REPOSITORY: Final = PACKAGE.parents[2]
_PROBLEM_ROOTS: Final = ("Problem", "Exception")
_HEAD: Final = "# Messages of the portal; kept in step by `python -m gateway.catalogue`.\n\n"

# A message: one text, or singular and plural.
Message = str | tuple[str, str]


@dataclass
class Sources:
    """The Python sources that hold sentences of problems."""

    files: list[Path]
    _bases: dict[str, set[str]] = field(default_factory=dict)
    _sentences: dict[str, str] = field(default_factory=dict)

    def sentences(self) -> Iterator[str]:
        """The first line of every problem's docstring, and the sentences of field errors."""
        for file in self.files:
            tree = ast.parse(file.read_text())
            yield from _field_errors(tree)
            for node in ast.walk(tree):
                if isinstance(node, ast.ClassDef):
                    self._note(node)
        for name, sentence in self._sentences.items():
            if self._is_problem(name):
                yield sentence

    def _note(self, node: ast.ClassDef) -> None:
        names = {base.id for base in node.bases if isinstance(base, ast.Name)}
        self._bases.setdefault(node.name, set()).update(names)
        if doc := ast.get_docstring(node):
            self._sentences[node.name] = doc.splitlines()[0]

    def _is_problem(self, name: str) -> bool:
        if name == "Problem":
            return True
        return any(self._is_problem(base) for base in self._bases.get(name, ()) if base != name)


def messages() -> set[Message]:
    """Everything that must be in the catalogues."""
    found: set[Message] = set()
    for file in sorted(TEMPLATE_DIR.rglob("*.html")):
        found |= _extracted(file, "jinja2")
    for file in sorted(PACKAGE.rglob("*.py")):
        found |= _extracted(file, "python")
    folders = [REPOSITORY / "shared/src", PACKAGE, *sorted(REPOSITORY.glob("services/*/src"))]
    files = [file for folder in folders for file in sorted(folder.rglob("*.py"))]
    return found | set(Sources(files).sentences())


def _extracted(file: Path, method: str) -> set[Message]:
    options = {"extensions": "jinja2.ext.i18n", "newstyle_gettext": "true", "silent": "false"}
    extracted = extract_from_file(
        method, str(file), options=options if method == "jinja2" else None
    )
    return {_message(text) for _, text, _, _ in extracted}


def _message(text: str | tuple[str, ...]) -> Message:
    return text if isinstance(text, str) else (text[0], text[1])


def _field_errors(tree: ast.AST) -> Iterator[str]:
    """The sentences in `FieldError(pointer, sentence, code)`, `PydanticCustomError(code, sentence)`
    and in variables called `detail`, which become one of these."""
    for node in ast.walk(tree):
        sentence: ast.expr | None = None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            is_error = node.func.id in ("FieldError", "PydanticCustomError")
            sentence = node.args[1] if is_error and len(node.args) > 1 else None
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            sentence = node.value if node.targets[0].id == "detail" else None
        if isinstance(sentence, ast.Constant) and isinstance(sentence.value, str):
            yield sentence.value


def read_catalogue(language: str) -> Catalog:
    """The catalogue of a language as it is on disk; an empty one where there is none."""
    file = po_file(language)
    if not file.exists():
        return Catalog(locale=language)
    with file.open("rb") as source:
        return read_po(source, locale=language)


def updated(language: str, wanted: Iterable[Message]) -> Catalog:
    """The wanted messages with the translations that exist; English speaks for itself."""
    old, new = read_catalogue(language), Catalog(locale=language, fuzzy=False)
    for message in wanted:
        known = old.get(message if isinstance(message, str) else message[0])
        text = known.string if known else ""
        new.add(message, message if language == "en" else text)
    return new


def untranslated(catalogue: Catalog) -> list[str]:
    """The messages without words in the catalogue's language."""
    return [str(m.id) for m in catalogue if m.id and not all(_strings(m.string))]


def _strings(string: object) -> list[str]:
    return list(string) if isinstance(string, tuple | list) else [str(string or "")]


def main() -> None:
    """Rewrite the catalogues, or say what is wrong with them."""
    parser = argparse.ArgumentParser(prog="python -m gateway.catalogue")
    parser.add_argument("--check", action="store_true", help="change nothing")
    check = parser.parse_args().check
    wanted, faults = messages(), []
    for language in LANGUAGES:
        old, new = read_catalogue(language), updated(language, wanted)
        faults += [f"{language}: without words: {text}" for text in untranslated(new)]
        if check:
            unused = {str(m.id) for m in old if m.id} ^ {str(m.id) for m in new if m.id}
            faults += [f"{language}: missing or not used: {text}" for text in sorted(unused)]
        else:
            _write(language, new)
    sys.exit("\n".join(faults) if faults else 0)


def _write(language: str, catalogue: Catalog) -> None:
    file = po_file(language)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as target:
        target.write(_HEAD.encode())
        write_po(target, catalogue, width=100, no_location=True, omit_header=True, sort_output=True)


if __name__ == "__main__":
    main()

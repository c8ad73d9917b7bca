"""Static files: read once, bundled, compressed, named by their content, kept for ever."""

import gzip
import hashlib
import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from gateway.brand import palette

STATIC_DIR: Final = Path(__file__).parent / "static"
URL_PREFIX: Final = "/static/"

# A page links one style sheet; what it is made of is written, read and reviewed apart.
BUNDLES: Final = {
    "portal.css": ("tokens.css", "base.css", "components.css", "customer.css"),
    "home.css": ("lists.css", "customer-home.css"),
    "entry.css": ("lists.css", "customer-entry.css"),
    "ticket.css": ("lists.css", "customer-entry.css", "customer-ticket.css"),
    "account.css": ("lists.css", "account.css"),
    "console.css": (
        *("tokens.css", "base.css", "components.css", "lists.css"),
        *("admin.css", "administration.css"),
    ),
}
# A page of the portal loads one script, which also brings the worker.
_EVERYWHERE: Final = "offline.js"
_BRINGS_IT: Final = "portal.js"
_WORKER: Final = "worker.js"
# Drawn by us in plain strokes; `make assets` fetches better pictures of the same names.
SPRITES: Final = ("icons.svg", "console-icons.svg")
_SYMBOL = re.compile(r'<symbol id="([^"]+)"(.*?</symbol>)', re.DOTALL)
_PATHS = re.compile('(?:<path d="M[^"]*"/>){2,}')
_ASSET_URL = re.compile(r"url\(asset:([^)]+)\)")
_LIGHT = re.compile(r":root[^{]*{([^}]*)}")
_DARK = re.compile(r"prefers-color-scheme: dark\)\s*{\s*:root[^{]*{([^}]*)}")
_CSS = "text/css; charset=utf-8"
_OUR_COLOUR = b"#0b6b5c"
_LAYERS = "@layer tokens, base, components, pages;\n"
_FOR_EVER = "public, max-age=31536000, immutable"
_WORKER_POLICY = "default-src 'none'; connect-src 'self'"
_MIN_COMPRESSED = 256


@dataclass(frozen=True)
class Asset:
    """One file as it is sent."""

    name: str
    body: bytes
    media_type: str

    @cached_property
    def hash(self) -> str:
        """The part of the URL that changes with the content."""
        return hashlib.sha256(self.body).hexdigest()[:12]

    @cached_property
    def compressed(self) -> bytes | None:
        """The gzip form where it saves something."""
        is_text = re.search("^text/|javascript|json|xml", self.media_type)
        if not is_text or len(self.body) < _MIN_COMPRESSED:
            return None
        return gzip.compress(self.body, 9, mtime=0)


class Assets:
    """All static files of the gateway; an ASGI app below `/static/` and the source of their URLs."""

    path = URL_PREFIX + "{hash}/{name}"

    def __init__(
        self, folder: Path = STATIC_DIR, *, colour: str = "", logo: Path | None = None
    ) -> None:
        found = [*_assets(folder, colour), *([_logo(logo)] if logo else [])]
        self._assets = {asset.name: asset for asset in found}

    def url(self, name: str) -> str:
        """The address of a file, with its hash; raises KeyError for an unknown name."""
        return f"{URL_PREFIX}{self._assets[name].hash}/{name}"

    def text(self, name: str) -> str:
        """What a file says; raises KeyError for an unknown name."""
        return self._assets[name].body.decode()

    def has(self, name: str) -> bool:
        """Whether a file is there; those of others may not have been fetched yet."""
        return name in self._assets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve `/static/<hash>/<name>`; under another hash it is sent, but not to be kept."""
        scope["route"] = self
        given_hash, _, name = scope["path"].removeprefix(URL_PREFIX).partition("/")
        asset = self._assets.get(name)
        if asset is None or scope["method"] not in ("GET", "HEAD"):
            await PlainTextResponse("Not found", 404)(scope, receive, send)
            return
        response = _response(asset, Headers(scope=scope).get("accept-encoding", ""))
        response.headers["Cache-Control"] = _FOR_EVER if given_hash == asset.hash else "no-cache"
        if name == _WORKER:
            # It stands before every page, fetches only from here and runs nothing else.
            response.headers["Service-Worker-Allowed"] = "/"
            response.headers["Content-Security-Policy"] = _WORKER_POLICY
        await response(scope, receive, send)


def _response(asset: Asset, accepts: str) -> Response:
    headers = {"Vary": "Accept-Encoding"}
    if asset.compressed is not None and "gzip" in accepts:
        headers["Content-Encoding"] = "gzip"
        return Response(asset.compressed, headers=headers, media_type=asset.media_type)
    return Response(asset.body, headers=headers, media_type=asset.media_type)


def _assets(folder: Path, colour: str) -> list[Asset]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    parts = {part for bundle in BUNDLES.values() for part in bundle}
    found = {
        name: Asset(name, path.read_bytes(), _media_type(name))
        for path in files
        if (name := str(path.relative_to(folder))) not in parts
    }
    for name in found:
        if name.endswith(".js") and "/" not in name:
            found[name] = _script(found[name])
    found[_BRINGS_IT] = _joined(found[_BRINGS_IT], found[_EVERYWHERE])
    for name in SPRITES:
        found[name] = _sprite(found[name], found.get(f"vendor/{name}"))
    tokens = palette(colour) if colour else ""
    if colour:
        found["icon.svg"] = _coloured(found["icon.svg"], colour)
    bundles = [_bundle(folder, name, names, found, tokens) for name, names in BUNDLES.items()]
    return [*found.values(), *bundles, _themes(folder)]


def _logo(file: Path) -> Asset:
    """The brand's own picture; raises OSError where there is none."""
    return Asset(logo_name(file), file.read_bytes(), _media_type(file.name))


def logo_name(file: Path) -> str:
    """What the brand's picture is called among the static files."""
    return f"brand/logo{file.suffix.lower()}"


def _coloured(icon: Asset, colour: str) -> Asset:
    """The sign in the browser's tab, in the brand's colour."""
    body = icon.body.replace(_OUR_COLOUR, colour.encode())
    return Asset(icon.name, body, icon.media_type)


def _one_path(paths: re.Match[str]) -> str:
    """Strokes that follow each other as one, which is a fifth smaller."""
    strokes = "".join(re.findall(' d="([^"]*)"', paths[0]))
    return f'<path d="{strokes}"/>'


def _script(own: Asset) -> Asset:
    return Asset(own.name, smaller_script(own.body.decode()).encode(), own.media_type)


def _joined(script: Asset, other: Asset) -> Asset:
    return Asset(script.name, script.body + b"\n" + other.body, script.media_type)


def _sprite(plain: Asset, drawn: Asset | None) -> Asset:
    """Our sprite with the better pictures that were fetched in place of the plain ones."""
    if drawn is None:
        return plain
    own, better = (dict(_SYMBOL.findall(each.body.decode())) for each in (plain, drawn))
    symbols = "".join(f'<symbol id="{name}"{better.get(name, rest)}' for name, rest in own.items())
    symbols = _PATHS.sub(_one_path, symbols).replace(" -", "-")
    body = f'<svg xmlns="http://www.w3.org/2000/svg">{symbols}</svg>'
    return Asset(plain.name, body.encode(), plain.media_type)


def _bundle(
    folder: Path, name: str, parts: tuple[str, ...], found: Mapping[str, Asset], tokens: str
) -> Asset:
    text = _LAYERS + "".join((folder / part).read_text() for part in parts)
    text += tokens if "tokens.css" in parts else ""
    text = _ASSET_URL.sub(lambda match: f"url({_address(found.get(match[1]))})", text)
    return Asset(name, smaller_css(text).encode(), _CSS)


def _address(asset: Asset | None) -> str:
    """Where a style sheet finds a file; one that was not fetched is an empty one."""
    return f"{URL_PREFIX}{asset.hash}/{asset.name}" if asset else "data:,"


def _themes(folder: Path) -> Asset:
    """Both themes for parts of a page: the style guide shows them side by side."""
    tokens = (folder / "tokens.css").read_text()
    light, dark = (pattern.search(tokens) for pattern in (_LIGHT, _DARK))
    assert light is not None and dark is not None
    text = f"@layer tokens{{[data-theme=light]{{{light[1]}}}[data-theme=dark]{{{dark[1]}}}}}"
    return Asset("themes.css", smaller_css(text).encode(), _CSS)


def smaller_css(text: str) -> str:
    """The same style sheet without comments and needless space; strings must hold neither."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    text = re.sub(r"\s+", " ", text)
    return re.sub(r" ?([{};,>]) ?", r"\1", text).replace(";}", "}").strip()


def smaller_script(text: str) -> str:
    """The same script without indentation and lines that are comments; no string spans lines."""
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def _media_type(name: str) -> str:
    known, _ = mimetypes.guess_type(name)
    media_type = known or "application/octet-stream"
    is_text = media_type.startswith("text/") or media_type.endswith("javascript")
    return media_type + "; charset=utf-8" if is_text else media_type

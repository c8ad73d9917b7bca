"""Static files: read once, bundled, compressed, named by their content, kept for ever."""

import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

STATIC_DIR: Final = Path(__file__).parent / "static"
URL_PREFIX: Final = "/static/"

# A page links one style sheet; what it is made of is written, read and reviewed apart.
BUNDLES: Final = {
    "portal.css": ("tokens.css", "base.css", "components.css", "customer.css"),
    "console.css": ("tokens.css", "base.css", "components.css", "admin.css"),
}
_LAYERS = "@layer tokens, base, components, pages;\n"
_FOR_EVER = "public, max-age=31536000, immutable"
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

    def __init__(self, folder: Path = STATIC_DIR) -> None:
        self._assets = {asset.name: asset for asset in _assets(folder)}

    def url(self, name: str) -> str:
        """The address of a file, with its hash; raises KeyError for an unknown name."""
        return f"{URL_PREFIX}{self._assets[name].hash}/{name}"

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
        await response(scope, receive, send)


def _response(asset: Asset, accepts: str) -> Response:
    headers = {"Vary": "Accept-Encoding"}
    if asset.compressed is not None and "gzip" in accepts:
        headers["Content-Encoding"] = "gzip"
        return Response(asset.compressed, headers=headers, media_type=asset.media_type)
    return Response(asset.body, headers=headers, media_type=asset.media_type)


def _assets(folder: Path) -> list[Asset]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    parts = {part for bundle in BUNDLES.values() for part in bundle}
    found = [
        Asset(str(path.relative_to(folder)), path.read_bytes(), _media_type(path.name))
        for path in files
        if path.name not in parts
    ]
    return found + [_bundle(folder, name, names) for name, names in BUNDLES.items()]


def _bundle(folder: Path, name: str, parts: tuple[str, ...]) -> Asset:
    text = _LAYERS + "".join((folder / part).read_text() for part in parts)
    return Asset(name, smaller_css(text).encode(), "text/css; charset=utf-8")


def smaller_css(text: str) -> str:
    """The same style sheet without comments and needless space; strings must hold neither."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    text = re.sub(r"\s+", " ", text)
    return re.sub(r" ?([{};,>]) ?", r"\1", text).replace(";}", "}").strip()


def _media_type(name: str) -> str:
    known, _ = mimetypes.guess_type(name)
    media_type = known or "application/octet-stream"
    is_text = media_type.startswith("text/") or media_type.endswith("javascript")
    return media_type + "; charset=utf-8" if is_text else media_type

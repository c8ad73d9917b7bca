"""A few uploads at once: refused before their bytes take memory or the folder of temporary files."""

from collections.abc import Container
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from shared.errors import Unavailable
from shared.problems import problem_response

AT_ONCE: Final = 6
_METHODS: Final = ("POST", "PUT")


class TooManyPhotosAtOnce(Unavailable):
    """Very many photos arrive right now. Please try again in a moment."""


class UploadGate:
    """Lets `AT_ONCE` requests with files in, from their first byte to their answer.

    FastAPI reads the body before it asks any dependency, so only a middleware comes early enough.
    """

    def __init__(self, app: ASGIApp, paths: Container[str]) -> None:
        self._app = app
        self._paths = paths
        self._inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._is_upload(scope):
            await self._app(scope, receive, send)
            return
        if self._inside >= AT_ONCE:
            await problem_response(TooManyPhotosAtOnce())(scope, receive, send)
            return
        self._inside += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._inside -= 1

    def _is_upload(self, scope: Scope) -> bool:
        return (
            scope["type"] == "http" and scope["path"] in self._paths and scope["method"] in _METHODS
        )

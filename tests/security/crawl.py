"""Sends each row of the table as each of its people, once, and keeps what came back."""

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.fixtures.system import Visitor
from tests.security.table import Row
from tests.security.world import ACTORS, World

# Nobody's version of anything: who may write hears 412, and nothing is changed.
_STALE = "1000000"
# The owner comes last, so that nobody finds what the owner has used up meanwhile.
_OWNER_LAST = (*(a for a in ACTORS if a != "owner"), "owner")
_NEW_EACH_TIME = re.compile(
    r'nonce="[^"]*"|name="(?:csrf_token|submission_id)" value="[^"]*"|"trace_id":"[^"]*"|since=\d+'
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What one person got; `outcome` is the status, or `login` where a page sends people there."""

    actor: str
    outcome: str
    response: httpx.Response
    text: str


@dataclass(slots=True)
class Crawl:
    """All answers so far, by row."""

    world: World
    answers: dict[str, dict[str, Answer]] = field(default_factory=dict)

    def of(self, row: Row) -> dict[str, Answer]:
        """Everybody's answer to a row, by actor."""
        if row.name not in self.answers:
            order = ACTORS if row.owner_first else _OWNER_LAST
            asked = {actor: self._asked(row, actor) for actor in order}
            self.answers[row.name] = {actor: asked[actor] for actor in ACTORS}
        return self.answers[row.name]

    def of_nothing(self, row: Row, actor: str) -> Answer:
        """The answer to the same row when it names things that never were."""
        return self._asked(row, actor, self.world.things.unknown)

    def _asked(self, row: Row, actor: str, things: Mapping[str, str] | None = None) -> Answer:
        # Wrong passwords are counted by address: each actor has one that nobody else tries.
        things = {**(things or self.world.things.known), "nobody": f"bukan-{actor}"}
        visitor = self.world.visitors[actor]
        if row.ends_session:
            visitor = self.world.for_once(actor)
        request = visitor.browser.build_request(
            row.method, filled(row.path, things), **_content(row, visitor, things)
        )
        response = visitor.browser.send(request, stream=True)
        is_stream = response.headers.get("content-type", "").startswith("text/event-stream")
        text = "" if is_stream else response.read().decode("utf-8", "replace")
        response.close()
        return Answer(actor, _outcome(response), response, text)


def filled(text: str, things: Mapping[str, str]) -> str:
    """A text of the table with things in the place of their names; `{=word}` is the word itself."""
    return re.sub(r"\{(=?)([^}]*)\}", lambda m: m[2] if m[1] else things[m[2]], text)


def normal(row: Row, answer: Answer, things: Mapping[str, str]) -> str:
    """A body without what is new each time and without the ids that were asked for."""
    text = _NEW_EACH_TIME.sub("", answer.text)
    for name in re.findall(r"\{(\w+)\}", row.path):
        value = things[name]
        text = text.replace(value, "…").replace(value.replace("-", ""), "…")
    return text


def _content(row: Row, visitor: Visitor, things: Mapping[str, str]) -> dict[str, Any]:
    headers = {"X-CSRF-Token": visitor.csrf_token}
    if not row.is_api:
        headers = {"Accept": "text/html"}
    if row.is_stale and row.is_api:
        headers["If-Match"] = f'"{_STALE}"'
    content: dict[str, Any] = {"headers": headers}
    if row.body is not None:
        content["json"] = _filled_body(row.body, things)
    if row.form is not None:
        carried = {
            "csrf_token": visitor.csrf_token,
            "submission_id": secrets.token_hex(8),
            "version": _STALE,
        }
        content["data"] = carried | _filled_body(row.form, things)
    if row.files:
        content["files"] = dict(row.files)
    return content


def _filled_body(body: Mapping[str, Any], things: Mapping[str, str]) -> Any:
    return json.loads(re.sub(r"\{([a-z_]+)\}", lambda m: things[m[1]], json.dumps(body)))


def _outcome(response: httpx.Response) -> str:
    where = response.headers.get("location", "")
    return "login" if where.startswith("/login?next=") else str(response.status_code)

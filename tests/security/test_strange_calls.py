"""The public API under made-up input: never a fault of ours, never an answer that it does not describe."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.fixtures.system import System
from tests.security.crawl import Crawl
from tests.security.routes import Address, document
from tests.security.table import PREFIX

pytestmark = pytest.mark.e2e

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = 24
# It would log the program out that asks.
_LEFT_OUT = {("DELETE", f"{PREFIX}/session")}
# Which thing of the world's fits into a path, by the name of the parameter.
_REAL = {
    "number": "talk",
    "user_id": "extra",
    "line_id": "line",
    "area_id": "area",
    "team_id": "team",
    "id": "photo",
    "slug": "category",
}

SCHEMA = schemathesis.openapi.from_dict(document())
OPERATIONS = [
    pytest.param(path, method, id=f"{method.upper()} {path}")
    for path, operations in document()["paths"].items()
    for method in operations
    if (method.upper(), path) not in _LEFT_OUT
]


@dataclass(frozen=True)
class Programs:
    """Programs that call with a browser's session: a customer's, an administrator's, and none."""

    url: str
    host: str
    session: requests.Session
    headers: dict[str, dict[str, str]]
    things: dict[str, str]

    def call(self, case: Case, who: str) -> None:
        """Send what was made up and check the answer."""
        # Who calls is not made up.
        case.cookies = {}
        for name in {"Authorization", "X-CSRF-Token"} & set(case.headers or {}):
            del case.headers[name]
        headers = {"Host": self.host, **self.headers[who]}
        answer = case.call(base_url=self.url, session=self.session, headers=headers)
        case.validate_response(answer, checks=CHECKS)


@pytest.fixture(scope="module")
def programs(portal: System, crawl: Crawl) -> Iterator[Programs]:
    """Sessions of their own, so that what they end is nobody else's."""
    parts = urlsplit(portal.url)
    headers: dict[str, dict[str, str]] = {"anonymous": {}}
    for who in ("owner", "admin"):
        visitor = crawl.world.for_once(who)
        cookie = f"session={visitor.browser.cookies['session']}"
        headers[who] = {"Cookie": cookie, "X-CSRF-Token": visitor.csrf_token}
    with requests.Session() as session:
        yield Programs(
            f"http://127.0.0.1:{parts.port}",
            parts.netloc,
            session,
            headers,
            crawl.world.things.known,
        )


@pytest.mark.parametrize("path, method", OPERATIONS)
def test_made_up_calls_are_answered_as_described(
    programs: Programs, path: str, method: str
) -> None:
    operation = SCHEMA[path][method]
    good, bad = GenerationMode.POSITIVE, GenerationMode.NEGATIVE

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=st.one_of(
            operation.as_strategy(generation_mode=good), operation.as_strategy(generation_mode=bad)
        ),
        who=st.sampled_from(("admin", "admin", "owner", "anonymous")),
        is_real=st.booleans(),
    )
    def is_answered(case: Case, who: str, is_real: bool) -> None:
        if is_real:
            for name in set(_REAL) & set(case.path_parameters or {}):
                case.path_parameters[name] = programs.things[_REAL[name]]
        programs.call(case, who)

    is_answered()


def test_afterwards_everybody_is_still_who_they_were(programs: Programs) -> None:
    for who in ("owner", "admin"):
        headers = {"Host": programs.host, **programs.headers[who]}
        answer = programs.session.get(f"{programs.url}{PREFIX}/me", headers=headers, timeout=10)
        assert answer.status_code == 200
    assert len(OPERATIONS) == len({Address.of(*reversed(p.values)) for p in OPERATIONS})

"""The portal's own address and name, and the cookies that belong to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from urllib.parse import urlsplit

from starlette.responses import Response

from gateway.brand import Support


@dataclass(frozen=True)
class Site:
    """Where the portal lives (`url` has no slash at its end), what it is called, who answers.

    `logo` is the name of the brand's picture among the static files; empty shows our own sign.
    `company_login` is how people call the provider of company accounts; empty offers none.
    """

    url: str
    brand: str
    time_zone: str
    logo: str = ""
    support: Support = field(default_factory=Support)
    company_login: str = ""

    @cached_property
    def host(self) -> str:
        """What a browser sends as Host."""
        return urlsplit(self.url).netloc.lower()

    @cached_property
    def origin(self) -> str:
        """What a browser sends as Origin."""
        return f"{urlsplit(self.url).scheme}://{self.host}"

    @cached_property
    def is_secure(self) -> bool:
        """Whether cookies can be bound to https."""
        return self.url.startswith("https://")

    @cached_property
    def session_cookie(self) -> str:
        """Names a logged-in browser; `__Host-` ties it to this host and https."""
        return "__Host-session" if self.is_secure else "session"

    @cached_property
    def visitor_cookie(self) -> str:
        """Names a browser before login, for form tokens and repeated submissions."""
        return "__Host-visitor" if self.is_secure else "visitor"

    @cached_property
    def company_cookie(self) -> str:
        """Carries what waits for the way back from the provider of company accounts."""
        return "__Host-company" if self.is_secure else "company"

    @cached_property
    def pending_cookie(self) -> str:
        """Names a log-in that waits for its second step."""
        return "__Host-pending" if self.is_secure else "pending"

    @cached_property
    def own_cookie(self) -> str:
        """Keeps an employee's own session while they act in a customer's place."""
        return "__Host-own" if self.is_secure else "own"

    @cached_property
    def language_cookie(self) -> str:
        """Keeps the language that a browser chose."""
        return "__Host-lang" if self.is_secure else "lang"

    def set_cookie(self, response: Response, name: str, value: str, seconds: int | None) -> None:
        """A cookie for us alone; without `seconds` it ends with the browser's session."""
        response.set_cookie(
            name,
            value,
            max_age=seconds,
            path="/",
            secure=self.is_secure,
            httponly=True,
            samesite="lax",
        )

    def set_session(self, response: Response, token: str, expires_at: str) -> None:
        """Give the browser its session; it replaces whatever it had."""
        self.set_until(response, self.session_cookie, token, expires_at)
        self.forget_own(response)

    def set_until(self, response: Response, name: str, value: str, expires_at: str) -> None:
        """A cookie for us alone that ends at a moment."""
        seconds = int((datetime.fromisoformat(expires_at) - datetime.now(UTC)).total_seconds())
        self.set_cookie(response, name, value, max(seconds, 0))

    def end_session(self, response: Response) -> None:
        """Take the session away from the browser."""
        self.set_cookie(response, self.session_cookie, "", 0)
        self.forget_own(response)

    def forget_own(self, response: Response) -> None:
        """No session waits in this browser any more: whoever comes next must not get it."""
        self.set_cookie(response, self.own_cookie, "", 0)

    def browser_id(self, cookies: Mapping[str, str]) -> str | None:
        """What form tokens are bound to: the session, or the id that a browser got before login."""
        return cookies.get(self.session_cookie) or cookies.get(self.visitor_cookie)

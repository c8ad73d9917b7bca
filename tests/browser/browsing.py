"""Browsers of people: a context each, logged in or not, watched for what no page may ever do."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Response,
    WebError,
    expect,
    sync_playwright,
)

from local.prerequisites import BROWSERS
from tests.fixtures.system import System

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# How long anything may take to appear; less while tests are being written.
PATIENCE_MS = int(os.environ.get("BROWSER_PATIENCE_MS", "20000"))
_TELL_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) => console.error(
  `broke the content security policy: ${event.violatedDirective} by ${event.blockedURI}`
))
"""
# Chromium writes a line for every answer from 400 on; `_response` judges those with more knowledge.
_TOLD_ELSEWHERE = re.compile("Failed to load resource: the server responded")


def chromium_path() -> str | None:
    """The browser of this machine: CHROMIUM, else a usual name."""
    found = (shutil.which(name) for name in (os.environ.get("CHROMIUM", ""), *BROWSERS) if name)
    return next((path for path in found if path), None)


@contextmanager
def chromium(path: str, *more_flags: str) -> Iterator[Browser]:
    """One browser process; the contexts in it know nothing of each other."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*FLAGS, *more_flags])
        try:
            yield browser
        finally:
            browser.close()


@dataclass  # without slots: Playwright writes its own attributes on owners of handlers
class Watch:
    """Collects script errors, broken policies and missing files; `allow` names what a test means."""

    seen: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)

    def allow(self, pattern: str) -> None:
        """Such a trouble belongs to the test."""
        self.allowed.append(pattern)

    def allow_being_offline(self) -> None:
        """Pages, and the worker that a browser looks for now and then, cannot be had."""
        self.allow("ERR_INTERNET_DISCONNECTED")
        self.allow("error occurred when fetching the script")

    def attach(self, context: BrowserContext) -> None:
        """Hear everything that a context says."""
        context.on("console", self._console)
        context.on("weberror", self._error)
        context.on("response", self._response)

    @property
    def troubles(self) -> list[str]:
        """What nobody expected."""
        return [
            trouble
            for trouble in self.seen
            if not any(re.search(pattern, trouble) for pattern in self.allowed)
        ]

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not _TOLD_ELSEWHERE.match(message.text):
            self.seen.append(f"console: {message.text} ({message.location['url']})")

    def _error(self, error: WebError) -> None:
        self.seen.append(f"script: {error.error}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.request.resource_type != "document":
            self.seen.append(f"{response.status} for {response.request.method} {response.url}")


class Browsing:
    """Gives browsers to people and takes them back."""

    def __init__(self, browser: Browser, system: System, cookies: dict[str, str]) -> None:
        self.watch = Watch()
        self.system = system
        self._browser = browser
        self._sessions = cookies
        self._contexts: list[BrowserContext] = []

    def __call__(
        self,
        role: str = "",
        nth: int = 0,
        *,
        scripts: bool = True,
        language: str = "id",
        width: int = 1440,
        height: int = 900,
        **options: Any,
    ) -> Page:
        """A new page of a demo account, or of a stranger; `options` are Playwright's."""
        context = self._browser.new_context(
            base_url=self.system.url,
            java_script_enabled=scripts,
            locale={"id": "id-ID", "en": "en-GB"}[language],
            timezone_id="Asia/Jakarta",
            viewport={"width": width, "height": height},
            **options,
        )
        self._contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        self.watch.attach(context)
        if scripts:
            context.add_init_script(_TELL_VIOLATIONS)
        if role:
            self.log_in(context, role, nth)
        if language != "id":
            self._cookie(context, "lang", language)
        return context.new_page()

    def log_in(self, context: BrowserContext, role: str, nth: int = 0) -> None:
        """Give a context the session of a demo account; one login serves the whole run."""
        key = f"{role} {nth}"
        if key not in self._sessions:
            self._sessions[key] = self.system.logged_in(role, nth).browser.cookies["session"]
        self._cookie(context, "session", self._sessions[key])

    def close(self) -> None:
        """Everybody goes home."""
        while self._contexts:
            self._contexts.pop().close()

    @property
    def pages(self) -> list[Page]:
        """What is open now."""
        return [page for context in self._contexts for page in context.pages]

    def _cookie(self, context: BrowserContext, name: str, value: str) -> None:
        host = urlsplit(self.system.url).hostname or ""
        context.add_cookies([{"name": name, "value": value, "domain": host, "path": "/"}])


@dataclass(frozen=True, slots=True)
class Line:
    """A phone's connection."""

    kilobits: int
    latency_ms: int = 300

    def tie(self, page: Page) -> None:
        """Let the page have no more than this."""
        bytes_a_second = self.kilobits * 1000 / 8
        cdp = page.context.new_cdp_session(page)
        cdp.send("Network.enable")
        cdp.send(
            "Network.emulateNetworkConditions",
            {
                "offline": False,
                "latency": self.latency_ms,
                "downloadThroughput": bytes_a_second,
                "uploadThroughput": bytes_a_second,
            },
        )

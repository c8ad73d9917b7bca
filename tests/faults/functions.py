"""What each service does for people, tried through the gateway while one of them has no database."""

from dataclasses import dataclass

import httpx

from tests.faults.denials import Denials
from tests.faults.portal import (
    PASSWORD,
    Portal,
    Try,
    at_once,
    customer_email,
    staff_email,
)
from tests.fixtures.system import Visitor
from tests.fixtures.waiting import wait_for

TICKET = {"subject": "Internet mati", "description": "Lampu LOS merah", "category": "down"}
PROBLEM = "application/problem+json"
# What a page says of the rest while a service is away; a stranger's page says nothing of services.
STILL_WORKS = {
    "identity-service": "links in our messages still open your ticket",
    "ticket-service": "Logging in and your account still work",
    "analytics-service": "Tickets, queues and people work as usual",
}
# Longer than the gateway remembers who sits behind a cookie.
FORGOTTEN_SECONDS = 10.0


@dataclass
class Functions:
    """A customer and an employee, logged in; `link` is the path of a signed link to a ticket."""

    portal: Portal
    customer: Visitor
    staff: Visitor
    link: str = ""

    @classmethod
    def of(cls, portal: Portal, denials: Denials) -> "Functions":
        """Log the employee in."""
        return cls(portal, denials.customer, portal.logged_in(staff_email(1)))

    def check(self, away: str) -> None:
        """The functions of a service without its database say so in time, all others go on."""
        calls, pages = self._calls(), self._pages()
        for answer in at_once(calls[away]):
            _must_be_a_problem(answer)
        if away == "identity-service":
            self._check_without_sessions()
            return
        for answer in at_once(pages.get(away, ())):
            _must_say_what_works(answer, away)
        for answer in at_once(self._all_but(away)):
            _must_work(answer)

    def all_work(self) -> bool:
        """Everything works again."""
        for answer in at_once(self._all_but("")):
            _must_work(answer)
        return True

    def _check_without_sessions(self) -> None:
        """Nobody can be recognised: what needs a login is refused, signed links open their ticket."""
        page = self._pages()["ticket-service"][0]
        wait_for(lambda: page().status_code == 503, seconds=FORGOTTEN_SECONDS)
        for answer in at_once(ask for asks in self._calls().values() for ask in asks):
            _must_be_a_problem(answer)
        _must_say_what_works(page(), "identity-service")
        _must_work(self.portal.visitor().get(self.link))
        _must_work(self.portal.visitor().get("/login"))

    def _all_but(self, away: str) -> list[Try]:
        by_service = (*self._calls().items(), *self._pages().items())
        return [ask for service, asks in by_service if service != away for ask in asks]

    def _calls(self) -> dict[str, tuple[Try, ...]]:
        customer, staff = self.customer, self.staff
        return {
            "identity-service": (self._log_in, lambda: customer.api("GET", "/me")),
            "ticket-service": (
                lambda: customer.api("GET", "/tickets"),
                lambda: customer.api("POST", "/tickets", TICKET),
                lambda: staff.api("GET", "/tickets/counts"),
            ),
            "notify-service": (lambda: customer.api("GET", "/notifications"),),
            "analytics-service": (lambda: staff.api("GET", "/reports/overview"),),
        }

    def _pages(self) -> dict[str, tuple[Try, ...]]:
        return {
            "ticket-service": (
                lambda: self.customer.get("/tickets?lang=en"),
                lambda: self.staff.get("/admin/tickets?lang=en"),
            ),
            "analytics-service": (lambda: self.staff.get("/admin/overview?lang=en"),),
        }

    def _log_in(self) -> httpx.Response:
        body = {"email": customer_email(6), "password": PASSWORD}
        return self.portal.visitor().browser.post("/api/v1/session", json=body)


def _must_work(answer: httpx.Response) -> None:
    assert answer.status_code < 300, _told(answer)


def _must_be_a_problem(answer: httpx.Response) -> None:
    assert answer.status_code == 503, _told(answer)
    assert answer.headers["content-type"] == PROBLEM, _told(answer)
    assert "retry-after" in answer.headers, _told(answer)


def _must_say_what_works(answer: httpx.Response, service: str) -> None:
    assert answer.status_code == 503, _told(answer)
    assert STILL_WORKS[service] in answer.text, _told(answer)


def _told(answer: httpx.Response) -> str:
    request = answer.request
    return f"{request.method} {request.url.path}: {answer.status_code} {answer.text[:300]}"

"""What must be refused at any time, whatever is broken: a list of tries, each of which has to fail."""

from dataclasses import dataclass

import httpx

from tests.faults.portal import PASSWORD, Portal, Try, at_once, customer_email
from tests.fixtures.system import Visitor

WRONG_TRIES = 10
LOCKED, SOMEBODY, STRANGER = 2, 0, 1
# Whoever cannot tell may say so; nobody may let it pass.
UNAVAILABLE = 503
REPORT = {"subject": "Tidak boleh ada", "description": "Tidak boleh ada", "category": "down"}


@dataclass
class Denials:
    """People prepared while all was well: a customer, somebody else's ticket, a locked account."""

    portal: Portal
    customer: Visitor
    foreign_number: str

    @classmethod
    def prepared(cls, portal: Portal) -> "Denials":
        """Log in, let somebody else open a ticket, and lock an account by wrong guesses."""
        other = portal.logged_in(customer_email(STRANGER))
        opened = other.api("POST", "/tickets", {**REPORT, "subject": "Milik orang lain"})
        assert opened.status_code == 201, opened.text
        for _ in range(WRONG_TRIES):
            _log_in(portal.visitor(), customer_email(LOCKED), "salah-sekali-semua")
        customer = portal.logged_in(customer_email(SOMEBODY))
        return cls(portal, customer, opened.json()["number"])

    def passed(self) -> list[str]:
        """Everything that was let pass and must not be; empty when all is well."""
        attempts = self._attempts()
        answers = at_once(attempt for _, attempt in attempts.values())
        return [
            f"{name}: {answer.status_code}"
            for (name, (expected, _)), answer in zip(attempts.items(), answers, strict=True)
            if answer.status_code not in (*expected, UNAVAILABLE)
        ]

    def _attempts(self) -> dict[str, tuple[tuple[int, ...], Try]]:
        customer, nobody = self.customer, self.portal.visitor
        return {
            "reading without a login": ((401,), lambda: nobody().api("GET", "/tickets")),
            "a forged cookie": ((401,), lambda: self._with_cookie("x" * 43)),
            "a page without a login": ((303,), lambda: nobody().get("/tickets")),
            "writing without the form token": ((403,), self._without_token),
            "writing from another site": ((403,), self._from_elsewhere),
            "somebody else's ticket": ((404,), self._foreign),
            "answering somebody else's ticket": ((404,), self._answer_foreign),
            "figures as a customer": (
                (403,),
                lambda: customer.api("GET", "/reports/overview"),
            ),
            "people as a customer": ((403,), lambda: customer.api("GET", "/users")),
            "deliveries as a customer": ((403,), lambda: customer.api("GET", "/deliveries")),
            "the console as a customer": ((403, 404), lambda: customer.get("/admin")),
            "a wrong password": ((401, 429), self._guess),
            "a locked account's right password": (
                (429,),
                lambda: _log_in(nobody(), customer_email(LOCKED), PASSWORD),
            ),
            "a service without a token": ((401,), self._past_the_gateway),
        }

    def _with_cookie(self, value: str) -> httpx.Response:
        visitor = self.portal.visitor()
        for cookie in self.customer.browser.cookies.jar:
            visitor.browser.cookies.set(cookie.name, value)
        return visitor.api("GET", "/tickets")

    def _without_token(self) -> httpx.Response:
        return self.customer.browser.post("/api/v1/tickets", json=REPORT)

    def _from_elsewhere(self) -> httpx.Response:
        return self.customer.api("POST", "/tickets", REPORT, origin="https://elsewhere.example")

    def _foreign(self) -> httpx.Response:
        return self.customer.api("GET", f"/tickets/{self.foreign_number}")

    def _answer_foreign(self) -> httpx.Response:
        path = f"/tickets/{self.foreign_number}/replies"
        return self.customer.api("POST", path, {"body": "Bukan milik saya"})

    def _guess(self) -> httpx.Response:
        return _log_in(self.portal.visitor(), customer_email(STRANGER), "tebakan-yang-salah")

    def _past_the_gateway(self) -> httpx.Response:
        url = self.portal.services["ticket-service"].url
        return httpx.get(f"{url}/tickets", timeout=10)


def _log_in(visitor: Visitor, email: str, password: str) -> httpx.Response:
    body = {"email": email, "password": password}
    return visitor.browser.post("/api/v1/session", json=body)

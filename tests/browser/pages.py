"""The one table of pages: what axe reads, budgets count, pictures show and screens must hold."""

from dataclasses import asdict, dataclass

from tests.browser.scene import Scene

KILOBYTE = 1024
SUBMIT, CUSTOMER, CONSOLE = 12 * KILOBYTE, 30 * KILOBYTE, 60 * KILOBYTE


@dataclass(frozen=True, slots=True)
class Shown:
    """A page: its name, its address (with names of the scene), who looks, what it may weigh."""

    name: str
    address: str
    who: str = ""
    budget: int = CUSTOMER
    status: int = 200

    def at(self, scene: Scene) -> str:
        """The address with the scene's numbers in it."""
        return self.address.format_map(asdict(scene))


PAGES = (
    Shown("home", "/"),
    Shown("login", "/login"),
    Shown("offline", "/offline"),
    Shown("register", "/register"),
    Shown("register-sent", "/register/sent"),
    Shown("verify", "{verification}"),
    Shown("invitation", "{invitation}"),
    Shown("reset", "/reset"),
    Shown("reset-sent", "/reset/sent"),
    Shown("reset-password", "{reset}"),
    Shown("email-new", "{email}"),
    Shown("email-undo", "/email/undo/abc"),
    Shown("not-me", "/not-me/abc"),
    Shown("unsubscribe", "/unsubscribe/replied/abc"),
    Shown("link", "{link}"),
    Shown("link-gone", "/t/tidak-ada", status=404),
    Shown("home-of-a-customer", "/", "customer"),
    Shown("tickets", "/tickets", "customer"),
    Shown("tickets-finished", "/tickets?state=finished", "customer"),
    Shown("tickets-found", "/tickets?q=internet", "customer"),
    Shown("tickets-not-found", "/tickets?q=zebra+ungu", "customer"),
    Shown("submit", "/tickets/new", "customer", SUBMIT),
    Shown("ticket", "/tickets/{ticket}", "customer"),
    Shown("ticket-waiting", "/tickets/{waiting}", "customer"),
    Shown("ticket-solved", "/tickets/{solved}", "customer"),
    Shown("ticket-closed", "/tickets/{closed}", "customer"),
    Shown("ticket-not-found", "/tickets/0000-5724", "customer", status=404),
    Shown("no-permission", "/admin", "customer", status=403),
    Shown("account", "/account", "customer"),
    Shown("security", "/account/security", "customer"),
    Shown("queue", "/admin/tickets?queue=all", "agent", CONSOLE),
    Shown("queue-empty", "/admin/tickets?q=zebra+ungu", "agent", CONSOLE),
    Shown("console-ticket", "/admin/tickets/{ticket}", "agent", CONSOLE),
    Shown("console-ticket-closed", "/admin/tickets/{closed}", "agent", CONSOLE),
    Shown("console-not-found", "/admin/tickets/0000-5724", "agent", CONSOLE, 404),
    Shown("caller", "/admin/tickets/new", "agent", CONSOLE),
    Shown("caller-chosen", "/admin/tickets/new?requester={customer}", "agent", CONSOLE),
    Shown("dashboard", "/admin/overview", "admin", CONSOLE),
    Shown("people", "/admin/people", "admin", CONSOLE),
    Shown("people-of-staff", "/admin/people?kind=staff", "admin", CONSOLE),
    Shown("person", "/admin/people/{customer}", "admin", CONSOLE),
    Shown("person-of-staff", "/admin/people/{colleague}", "admin", CONSOLE),
    Shown("invite", "/admin/people/new", "admin", CONSOLE),
    Shown("settings", "/admin/settings", "admin", CONSOLE),
    Shown("roles", "/admin/roles", "admin", CONSOLE),
    Shown("teams", "/admin/teams", "admin", CONSOLE),
    Shown("organisations", "/admin/organisations", "admin", CONSOLE),
    Shown("organisation", "/admin/organisations/{organisation}", "admin", CONSOLE),
    Shown("categories", "/admin/categories", "admin", CONSOLE),
    Shown("own-data", "/account/data", "customer"),
    Shown("console-data", "/admin/account/data", "agent", CONSOLE),
    Shown("erase", "/admin/people/{customer}/erase", "admin", CONSOLE),
    Shown("api-keys", "/admin/api-keys", "admin", CONSOLE),
    Shown("network", "/admin/network", "admin", CONSOLE),
    Shown("area", "/admin/network/{area}", "admin", CONSOLE),
    Shown("lines", "/admin/lines", "admin", CONSOLE),
    Shown("line-new", "/admin/lines/new", "admin", CONSOLE),
    Shown("line", "/admin/lines/{line}", "admin", CONSOLE),
    Shown("imports", "/admin/imports", "admin", CONSOLE),
    Shown("import", "/admin/imports/{brought}", "admin", CONSOLE),
    Shown("audit", "/admin/audit", "admin", CONSOLE),
    Shown("audit-found", "/admin/audit?action=session.begun", "admin", CONSOLE),
    Shown("console-account", "/admin/account", "agent", CONSOLE),
    Shown("console-security", "/admin/account/security", "agent", CONSOLE),
    Shown("styleguide", "/admin/styleguide", "admin", CONSOLE),
)


def page_named(name: str) -> Shown:
    """A row of the table."""
    return next(page for page in PAGES if page.name == name)

"""`python -m tests.security.matrix`: the authorisation matrix as people read it."""

from collections.abc import Iterable

from local.folders import PROJECT
from tests.security.api_rows import API
from tests.security.page_rows import PAGES
from tests.security.table import Row
from tests.security.world import ACTORS

_HEAD = """# Who may do what

Written by `python -m tests.security.matrix` from the table of the tests in `tests/security`, which send
each row as each of these people to the running portal. A route without a row fails the build.

* **anonymous** is not logged in; **owner** is the customer whose ticket, line, photo and session
  the rows name; **stranger** is another customer; **reader** may read what is the owner's company's.
* **elsewhere** is an employee who sees their own team's tickets, and these tickets are not;
  **technician** is one of the team that they lie with; **revoked** was deactivated while logged in.
* **key** is a program with a key that may only read.

`200`–`204`, `303` and `412` mean *may* (rows that write name a version that nobody has, so that nothing
changes), `409` and `422` that the rules or the input say no, `401` and *login* that nobody is logged in,
`403` *may not*, `404` *there is no such thing for you*: the same bytes as for what never was.

"""


def written(rows: Iterable[Row]) -> str:
    """The whole page."""
    head = f"| request | {' | '.join(ACTORS)} |\n|---|{'---|' * len(ACTORS)}\n"
    return _HEAD + head + "".join(f"| {_name(r)} | {' | '.join(r.outcomes)} |\n" for r in rows)


def _name(row: Row) -> str:
    case = f" ({row.case})" if row.case else ""
    return f"{row.method} `{row.path.replace('{=', '').replace('}', '').replace('{', ':')}`{case}"


if __name__ == "__main__":
    (PROJECT / "docs" / "authorisation.md").write_text(written((*API, *PAGES)))

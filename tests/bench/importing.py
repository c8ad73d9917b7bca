"""Bringing people and lines over from tables."""

from local.stack import Stack
from tests.bench.imports import in_a_process
from tests.bench.table import Line

IMPORTED = 100_000


async def import_lines(stack: Stack) -> list[Line]:
    """Customers and their lines, by a worker alone with the database: the portal's own is stopped."""
    stack.stop_programs()
    dsn = stack.database_url("identity-service")
    lines = []
    for kind in ("customers", "lines"):
        found = await in_a_process(dsn, kind, IMPORTED)
        seconds = found["looking"] + found["running"]
        if found["made"] != IMPORTED:
            raise SystemExit(f"not every row was imported: {found}")
        value = f"{found['rows_per_second']:,}/s, {seconds:.0f} s, at most {found['peak_mb']} MB"
        name = f"import of {IMPORTED:,} {kind}"
        lines.append(Line(name, value, "< 60 s", seconds < 60))
    return lines

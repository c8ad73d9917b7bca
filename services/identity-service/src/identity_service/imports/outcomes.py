"""What a batch of rows comes to: each row made, changed, left as it is, or refused with its faults."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from identity_service.imports import queries
from identity_service.imports.domain import Fault, Import, Kind, Tally
from identity_service.imports.rows import Row, fault_of, key_field, key_of
from shared.db import Tx
from shared.errors import FieldError, Unavailable

Numbered = Sequence[tuple[int, Row]]


class RowsTaken(Unavailable):
    """Somebody else made the same things at the same time. Please try again in a moment."""


@dataclass
class Outcome:
    """What came of some rows; a row with several faults failed once."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    invited: int = 0
    faults: list[Fault] = field(default_factory=list)

    def refuse(self, number: int, name: str, value: object, error: FieldError) -> None:
        """Say what is wrong with a cell."""
        self.faults.append(fault_of(number, name, value, error))

    def tally(self, before: Iterable[Fault] = ()) -> Tally:
        """The numbers, together with rows that were refused before."""
        failed = {fault.row for fault in (*before, *self.faults)}
        return Tally(self.created, self.updated, self.unchanged, len(failed), self.invited)


async def first_ones(tx: Tx, job: Import, rows: Numbered, outcome: Outcome) -> Numbered:
    """The rows whose thing did not stand in the file before; the others are refused."""
    assert job.run_id is not None
    keyed: dict[str, tuple[int, Row]] = {}
    for number, row in rows:
        keyed.setdefault(key_of(job.kind, row), (number, row))
    noted = [(key, number, getattr(row, "kind", None)) for key, (number, row) in keyed.items()]
    first = await queries.note_keys(tx, job.run_id, noted)
    for number, row in rows:
        key = key_of(job.kind, row)
        if first[key] != number:
            outcome.refuse(number, key_field(job.kind), key, _stands_before(job.kind, first[key]))
    return [(number, row) for number, row in rows if first[key_of(job.kind, row)] == number]


def must_be_all(inserted: int, wanted: Sequence[object]) -> None:
    """Raise `RowsTaken` when somebody was faster with one of these: the batch is tried again."""
    if inserted < len(wanted):
        raise RowsTaken


def _stands_before(kind: Kind, row: int) -> FieldError:
    return FieldError(
        f"/{key_field(kind)}", "This stands in row %(row)s already.", "repeated", {"row": row}
    )

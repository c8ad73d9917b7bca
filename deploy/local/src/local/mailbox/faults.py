"""How the mailbox misbehaves when a test wants it to."""

from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args

Stage = Literal["connect", "rcpt", "data"]
Cut = Literal["before", "after"]


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong. `times` ends it after so many wrongs; `to` limits it to one recipient.

    `refuse` answers this SMTP code at the stage `at`; `cut` drops the connection after DATA,
    before or after the mail was kept; `delay` waits so many seconds before DATA is answered.
    """

    refuse: int | None = None
    at: Stage = "rcpt"
    cut: Cut | None = None
    delay: float = 0.0
    times: int | None = None
    to: str | None = None

    def concerns(self, recipients: list[str]) -> bool:
        if self.times is not None and self.times <= 0:
            return False
        return self.to is None or self.to.lower() in (r.lower() for r in recipients)

    def refuses(self, stage: Stage, recipients: list[str]) -> bool:
        return self.refuse is not None and self.at == stage and self.concerns(recipients)

    def used(self) -> "Faults":
        return self if self.times is None else replace(self, times=self.times - 1)


def parse(body: Any) -> Faults:
    """Faults from JSON; raises ValueError for names and values that do not exist."""
    known = {field.name for field in fields(Faults)}
    if not isinstance(body, dict) or not set(body) <= known:
        raise ValueError(f"an object with some of {', '.join(sorted(known))} is expected")
    faults = Faults(**body)
    if faults.at not in get_args(Stage) or faults.cut not in (None, *get_args(Cut)):
        raise ValueError(f"at is one of {get_args(Stage)}, cut one of {get_args(Cut)} or null")
    if faults.refuse is not None and not 400 <= faults.refuse <= 599:
        raise ValueError("refuse is an SMTP code from 400 to 599")
    return faults

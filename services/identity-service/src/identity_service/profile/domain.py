"""What people change of themselves."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, get_args

from shared.errors import FieldError, Invalid
from shared.events.identity import NotificationChannel, NotificationKind, UserKind

CHANNELS: Final[tuple[NotificationChannel, ...]] = get_args(NotificationChannel)
KINDS: Final[Mapping[UserKind, tuple[NotificationKind, ...]]] = {
    "customer": ("received", "replied", "progress", "solved"),
    "staff": ("assigned", "customer_replied", "new_ticket"),
    "api_client": (),
}


class CurrentPasswordWrong(Invalid):
    """This is not your present password."""

    def __init__(self) -> None:
        super().__init__(FieldError("/current_password", self.title(), "password_wrong"))


class KindOfOthers(Invalid):
    """You get no messages of this kind."""

    def __init__(self) -> None:
        super().__init__(FieldError("/items", self.title(), "kind_of_others"))


@dataclass(frozen=True, slots=True)
class Switch:
    """Whether a person wants messages of a kind through a channel."""

    kind: NotificationKind
    channel: NotificationChannel
    is_on: bool

    @property
    def name(self) -> str:
        """As it stands among what is muted."""
        return f"{self.channel}:{self.kind}"


def muted_after(
    person: UserKind, muted: Iterable[str], switches: Iterable[Switch]
) -> tuple[str, ...]:
    """What is muted once these switches are set; the others stay as they are."""
    now = set(muted)
    for switch in switches:
        if switch.kind not in KINDS[person]:
            raise KindOfOthers
        now = now - {switch.name} if switch.is_on else now | {switch.name}
    return tuple(sorted(now))

"""How fast and for whom: a breaker for the channel, and slots so that no domain takes them all."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Breaker:
    """Stops a channel after some failures that no message caused, and lets one try pass now and then.

    Times are seconds of a steady clock.
    """

    threshold: int = 3
    first_pause: float = 2.0
    longest_pause: float = 60.0
    _failures: int = 0
    _pause: float = 0.0
    _closed_until: float = 0.0

    @property
    def is_open(self) -> bool:
        """Whether the channel is thought to be away."""
        return self._failures >= self.threshold

    def allows(self, now: float, in_flight: int) -> bool:
        """Whether a message may be tried: always when closed, one at a time after a pause when open."""
        return not self.is_open or (now >= self._closed_until and in_flight == 0)

    def note_failure(self, now: float) -> None:
        """The channel failed."""
        self._failures += 1
        if self.is_open:
            self._pause = min(max(self._pause * 2, self.first_pause), self.longest_pause)
            self._closed_until = now + self._pause

    def note_success(self) -> bool:
        """The channel works; true when it had been thought to be away."""
        was_open = self.is_open
        self._failures, self._pause = 0, 0.0
        return was_open


@dataclass(slots=True)
class Slots:
    """Who may use the connections: a domain never all of them, a slow or failing one only one."""

    total: int
    slow_seconds: float = 2.0
    threshold: int = 3
    longest_wait: float = 300.0
    _started: dict[str, list[float]] = field(default_factory=dict)
    _failures: Counter[str] = field(default_factory=Counter)

    @property
    def in_use(self) -> int:
        """How many messages are being handed over."""
        return sum(map(len, self._started.values()))

    def is_troubled(self, domain: str, now: float) -> bool:
        """Whether a domain keeps connections busy or its messages fail one after the other."""
        started = self._started.get(domain)
        is_slow = bool(started) and now - started[0] > self.slow_seconds  # type: ignore[index]
        return is_slow or self._failures[domain] >= self.threshold

    def has_room(self, domain: str, now: float) -> bool:
        """Whether another message to the domain may start."""
        used = len(self._started.get(domain, ()))
        share = 1 if self.is_troubled(domain, now) else max(1, self.total * 3 // 4)
        return used < share and self.in_use < self.total

    def wait_seconds(self, domain: str) -> float:
        """How long messages to a troubled domain step aside."""
        extra = max(0, self._failures[domain] - self.threshold)
        return min(5.0 * 2.0 ** min(extra, 10), self.longest_wait)

    def start(self, domain: str, now: float) -> None:
        """A message to the domain is being handed over."""
        self._started.setdefault(domain, []).append(now)

    def end(self, domain: str, started: float, *, has_failed: bool | None) -> None:
        """It is over; `has_failed` is None where the domain had no part in it."""
        times = self._started[domain]
        times.remove(started)
        if not times:
            del self._started[domain]
        if has_failed is False:
            self._failures.pop(domain, None)
        elif has_failed:
            self._failures[domain] += 1

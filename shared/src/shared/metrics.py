"""The Prometheus metrics that every process has; base units, bounded labels."""

from prometheus_client import Counter, Gauge, Histogram

HTTP_REQUEST_SECONDS = Histogram(
    "http_request_seconds",
    "Time from the first byte of a request to the last of its answer.",
    ["route", "method", "status"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
OUTBOX_WAITING = Gauge("outbox_waiting", "Events that wait to be published.")
OUTBOX_OLDEST_SECONDS = Gauge("outbox_oldest_seconds", "Age of the oldest event that waits.")
OUTBOX_PUBLISHED = Counter("outbox_published_total", "Events acknowledged by the broker.", ["type"])
OUTBOX_ERRORS = Counter("outbox_errors_total", "Failed tries to publish a wave of events.")
EVENTS_CONSUMED = Counter(
    "events_consumed_total",
    "Events read from the broker, by what became of them.",
    ["type", "outcome"],
)
EVENTS_OUT_OF_SEQUENCE = Counter(
    "events_out_of_sequence_total",
    "Gaps given up after everything that could fill them was read.",
)
EVENTS_PARKED = Gauge("events_parked", "Events that wait for an earlier one of their aggregate.")
DEAD_LETTERS = Gauge("dead_letters", "Events that could not be applied and wait for a person.")
CONSUMER_LAG = Gauge("consumer_lag", "Records behind the end of the log.", ["family"])

"""What notify-service counts besides what every process does."""

from prometheus_client import Counter, Gauge, Histogram

INTENTS = Counter("notification_intents_total", "Intents made.", ["rule", "channel"])
MESSAGES = Counter(
    "notification_messages_total",
    "Tries to send, by outcome: sent, again, failed, expired, put_back, taken_over.",
    ["channel", "outcome"],
)
UNKNOWN = Counter(
    "notification_unknown_total",
    "Tries whose end nobody knows: the provider may have the message, and gets it again.",
    ["channel"],
)
SECONDS = Histogram(
    "notification_seconds",
    "From the event to the provider's word for it.",
    ["channel"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 3600),
)
DUE = Gauge("notification_due", "Messages that could be sent now.", ["channel"])
OLDEST_SECONDS = Gauge("notification_oldest_seconds", "How long the oldest is due.", ["channel"])
WAITING = Gauge("notification_waiting_for_address", "Messages without a proven address.")
CHANNEL_IS_DOWN = Gauge("notification_channel_is_down", "1 while the breaker is open.", ["channel"])

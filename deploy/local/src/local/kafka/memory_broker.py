"""The process that holds the in-memory broker: `python -m local.kafka.memory_broker FILE`."""

import signal
import sys
from pathlib import Path

from confluent_kafka import Producer


def main(ready: Path) -> None:
    """Hold a broker until told to stop; write its address to `ready`, complete or not at all."""
    holder = Producer({"bootstrap.servers": "unused", "test.mock.num.brokers": 1})
    broker = next(iter(holder.list_topics(timeout=10).brokers.values()))
    draft = ready.with_suffix(".draft")
    draft.write_text(f"{broker.host}:{broker.port}")
    draft.rename(ready)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    main(Path(sys.argv[1]))

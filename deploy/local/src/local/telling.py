"""What a running portal tells people on the screen and programs in files."""

import json
import os
from typing import Any

from local import run_file
from local.demo import people
from local.run_file import Run
from local.stack import Stack


def say(text: str) -> None:
    print(text, flush=True)


def write_demo(stack: Stack) -> None:
    """Tell programs, in .data/demo.json, what the screen tells people."""
    programs: dict[str, Any] = {
        name: {"url": service.url, "pid": service.pid} for name, service in stack.services.items()
    }
    content = {
        "url": stack.url,
        "mailbox_url": stack.mailbox.url,
        "accounts": [
            {"role": a.role, "email": a.email, "password": people.password(stack.keys, a)}
            for a in people.ACCOUNTS
        ],
        "services": programs,
        "kafka": stack.kafka.kind,
    }
    draft = stack.data.demo.with_suffix(".draft")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(content, indent=1))
    draft.rename(stack.data.demo)


def write_run(stack: Stack) -> None:
    run = Run(
        pid=os.getpid(),
        url=stack.url,
        mailbox_url=stack.mailbox.url,
        ports=dict(stack.ports),
        kafka=stack.kafka.kind,
        bootstrap_servers=stack.kafka.bootstrap_servers,
    )
    run_file.write(stack.data, run)


def announce(stack: Stack, seconds: float) -> None:
    """The last words of a start: where everything is, and who can log in."""
    say = stack.say
    rows = [(a.role, a.email, people.password(stack.keys, a)) for a in people.ACCOUNTS]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    say(f"\nReady in {seconds:.1f} s.\n")
    say(f"  Portal    {stack.url}")
    say(f"  Staff     {stack.url}/admin")
    say(f"  API       {stack.url}/api/docs")
    say(f"  Mailbox   {stack.mailbox.url}\n")
    for row in rows:
        say("  " + "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)))
    say("\nCtrl-C stops everything; the data stay in .data/.")

"""`python -m local COMMAND`: the portal on this machine, as the Makefile calls it."""

import argparse
import sys
from pathlib import Path

from local import commands
from local.errors import CannotStart, explain
from local.folders import Data
from local.up import up


def main() -> int:
    """Run one command; trouble is one sentence with its remedy, and exit code 1."""
    chosen = _parser().parse_args()
    data = Data(chosen.data.absolute()) if chosen.data else Data()
    try:
        match chosen.command:
            case "up":
                return up(data)
            case "logs":
                return commands.logs(data, chosen.service)
            case "resync":
                return commands.resync(data, chosen.family)
            case "replay":
                return commands.replay(data, chosen.service, chosen.ids)
            case "audit-verify":
                return commands.audit_verify(data, chosen.head)
            case "down":
                return commands.down(data)
            case "status":
                return commands.status(data)
            case _:
                return commands.reset(data)
    except (CannotStart, OSError) as error:
        print(f"\n{explain(error)}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    parser.add_argument("--data", type=Path, help="another folder than .data")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("up", "down", "status", "reset"):
        commands.add_parser(name)
    commands.add_parser("logs").add_argument("service", nargs="?", default="")
    commands.add_parser("resync").add_argument("family", nargs="?", default="")
    commands.add_parser("audit-verify").add_argument("head", nargs="?", default="")
    replay = commands.add_parser("replay")
    replay.add_argument("--service", default="")
    replay.add_argument("ids", nargs="*")
    return parser


if __name__ == "__main__":
    sys.exit(main())

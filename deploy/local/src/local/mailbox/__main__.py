"""The mailbox process: `python -m local.mailbox FOLDER --port 8025 --smtp-port 1025`.

It listens on the loopback address only, unless `--host` says otherwise, as it must in a container.
"""

import argparse
import asyncio
import logging
import signal
from pathlib import Path

from aiohttp import web

from local.mailbox import KEPT
from local.mailbox.smtp import Receiver, create_session
from local.mailbox.store import Store
from local.mailbox.web import create_app
from local.ports import LOOPBACK


async def serve(directory: Path, host: str, port: int, smtp_port: int, keep: int) -> None:
    """Receive and show mails until told to stop."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    receiver = Receiver(Store(directory, keep))
    smtp = await loop.create_server(lambda: create_session(receiver), host, smtp_port)
    runner = web.AppRunner(create_app(receiver), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    await stop.wait()
    smtp.close()
    await runner.cleanup()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local.mailbox")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--host", default=LOOPBACK)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--keep", type=int, default=KEPT)
    chosen = parser.parse_args()
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    asyncio.run(serve(chosen.directory, chosen.host, chosen.port, chosen.smtp_port, chosen.keep))


if __name__ == "__main__":
    main()

"""What every part of the portal has in common, whether it is a server or a program of ours."""

from pathlib import Path

from local import folders
from local.processes import Child


class Part:
    """Something that is one child process; each kind says how it starts and when it is ready."""

    name: str
    child: Child

    @property
    def pid(self) -> int:
        """The process id; 0 when it never started."""
        return self.child.pid

    @property
    def alive(self) -> bool:
        return self.child.alive

    def start(self) -> None:
        """Start it; return when it is ready, raise CannotStart when it is not."""
        raise NotImplementedError

    def stop(self) -> None:
        """End it politely; what it kept stays."""
        self.child.stop()

    def kill(self) -> None:
        """SIGKILL to the process and its children: what a power cut leaves behind."""
        self.child.kill()

    def restart(self) -> None:
        """Start again on the same port and data, after `stop`, `kill`, or a crash."""
        self.stop()
        self.start()

    def pause(self) -> None:
        """Freeze it where it stands; `resume` lets it go on."""
        self.child.pause()

    def resume(self) -> None:
        self.child.resume()

    def ending(self) -> str:
        """How it ended, when nobody asked it to."""
        return self.child.ending()


class Server(Part):
    """A part that keeps data in a folder of its own."""

    directory: Path

    def remove(self) -> None:
        """Stop it and delete its data and log."""
        self.stop()
        folders.remove(self.directory)
        self.child.files.log.unlink(missing_ok=True)

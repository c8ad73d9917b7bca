"""The one error a person sees: what is wrong and what to do about it, in one sentence."""

import errno
from pathlib import Path


class CannotStart(Exception):
    """A server or service cannot be started; the message names the remedy."""


def explain(error: OSError) -> str:
    """One sentence for an operating-system error, with its remedy."""
    place = error.filename or "the project folder"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk is full ({place}): free some space, then start again."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"No permission to write {place}: {_owner_hint(Path(str(place)))}"
    return f"{place}: {error.strerror or error}."


def _owner_hint(path: Path) -> str:
    """Who owns the nearest existing folder, and so who may start the portal here."""
    existing = next((p for p in (path, *path.parents) if _exists(p)), Path("/"))
    try:
        owner = existing.owner()
    except (KeyError, OSError):
        owner = "another user"
    return f"it belongs to {owner}; start as that user, or work in a copy of your own."


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False

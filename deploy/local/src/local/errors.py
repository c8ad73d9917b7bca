"""The one error a person sees: what is wrong and what to do about it, in one sentence."""

import errno
import os
from pathlib import Path


class CannotStart(Exception):
    """A server or service cannot be started; the message names the remedy."""


FULL = "The disk is full: free some space, then start again."


def explain(error: CannotStart | OSError) -> str:
    """One sentence with its remedy."""
    if isinstance(error, CannotStart):
        return FULL if os.strerror(errno.ENOSPC) in str(error) else str(error)
    place = error.filename or "the project folder"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return FULL
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

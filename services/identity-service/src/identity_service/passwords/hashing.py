"""Argon2id in threads of its own, a bounded number at a time, so that the event loop never waits."""

import asyncio
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from shared.errors import Unavailable

T = TypeVar("T")


class TooManyAtOnce(Unavailable):
    """Too many people are logging in right now. Please try again in a moment."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a password was right; `better_hash` is to be stored where the parameters were raised."""

    is_right: bool
    better_hash: str | None = None


class PasswordHashes:
    """Makes and checks hashes. Each holds its memory for its whole time, so few run at once."""

    def __init__(
        self,
        *,
        memory_kib: int,
        time_cost: int,
        parallelism: int,
        at_once: int,
        waiting: int,
    ) -> None:
        self._hasher = PasswordHash((Argon2Hasher(time_cost, memory_kib, parallelism),))
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="argon2")
        self._free = at_once + waiting
        self._nobodys_hash = self._hasher.hash(secrets.token_hex())

    async def hash(self, password: str) -> str:
        """The hash to store; raises `TooManyAtOnce` when too many are waiting already."""
        return await self._in_thread(lambda: self._hasher.hash(_composed(password)))

    async def verify(self, password: str, stored: str | None) -> Verdict:
        """Compare; without a stored hash the answer is no and takes as long."""
        return await self._in_thread(lambda: self._verify(_composed(password), stored))

    def _verify(self, password: str, stored: str | None) -> Verdict:
        if stored is None:
            self._hasher.verify(password, self._nobodys_hash)
            return Verdict(is_right=False)
        return Verdict(*self._hasher.verify_and_update(password, stored))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        if self._free <= 0:
            raise TooManyAtOnce
        self._free -= 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._free += 1


def _composed(password: str) -> str:
    """One form for what different keyboards send for the same letters (NIST SP 800-63B, 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)

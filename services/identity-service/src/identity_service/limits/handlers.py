"""Counting tries before anything costly or telling happens."""

import math

from identity_service.limits import queries
from identity_service.limits.domain import Bucket, TooManyTries
from shared.db import Tx


async def count(tx: Tx, *buckets: Bucket) -> None:
    """Count a try in each bucket; raises `TooManyTries` when one is full.

    Commit this before the try itself, so that parallel tries see each other.
    """
    for bucket in sorted(buckets, key=lambda b: b.key):
        tries, forgotten_in = await queries.count_try(tx, bucket.key, bucket.limit.window)
        if tries > bucket.limit.tries:
            raise TooManyTries(retry_after=math.ceil(forgotten_in.total_seconds()))


async def give_back(tx: Tx, shared: Bucket) -> None:
    """Uncount one try of whoever turned out to be right; those of others stay counted."""
    await queries.give_back_try(tx, shared.key)


async def succeed(tx: Tx, own: Bucket, *shared: Bucket) -> None:
    """Forget the tries of whoever turned out to be right; give one back to a shared bucket."""
    for bucket in sorted((own, *shared), key=lambda b: b.key):
        if bucket is own:
            await queries.forget_tries(tx, bucket.key)
        else:
            await queries.give_back_try(tx, bucket.key)

"""Making, revoking and resolving API keys."""

from typing import Any
from uuid import UUID

from identity_service.api_keys import queries
from identity_service.api_keys.domain import (
    MAX_KEYS,
    ApiKey,
    ApiKeyNotFound,
    ApiKeyNotValid,
    TooManyApiKeys,
    draw_key,
    key_hash,
)
from identity_service.api_keys.schemas import CreateApiKey, KeyLimits, ResolvedApiKey
from identity_service.audit import handlers as audit
from identity_service.audit.domain import Action, By, Target
from identity_service.limits.domain import Visitor
from identity_service.second_factor.handlers import tell
from identity_service.users.domain import User
from identity_service.users.schemas import UserBrief
from shared.db import Tx
from shared.ids import uuid7


async def create_api_key(tx: Tx, by: By, owner: User, command: CreateApiKey) -> tuple[ApiKey, str]:
    """Make a key that acts for its owner; gives it and, this once, its text.

    It opens doors for longer than a session does, so it wants more than one, and its owner is told.
    """
    if await queries.valid_keys_of(tx, owner.id) >= MAX_KEYS:
        raise TooManyApiKeys(most=MAX_KEYS)
    new, key_id = draw_key(), uuid7()
    await queries.insert_api_key(tx, key_id, owner.id, new, command)
    key = await _present(tx, key_id)
    await audit.record(tx, by, Action.API_KEY_CREATED, target=_target(key), after=_granted(key))
    await tell(tx, owner, "api_key_created")
    return key, new.text


async def revoke_api_key(tx: Tx, by: By, key_id: UUID) -> None:
    """Let a key open nothing any more, within seconds; a second time changes nothing."""
    key = await _present(tx, key_id)
    if await queries.revoke_api_key(tx, key_id):
        await audit.record(tx, by, Action.API_KEY_REVOKED, target=_target(key))


async def resolve_api_key(connection: Tx, text: str) -> ResolvedApiKey:
    """Whom a key acts for; one statement, for this is asked for every caller every few seconds."""
    row = await queries.resolve_api_key(connection, key_hash(text))
    if row is None:
        raise ApiKeyNotValid
    return ResolvedApiKey(
        session_id=row["key_id"],
        expires_at=row["expires_at"],
        user=UserBrief(**{name: row[name] for name in UserBrief.model_fields}),
        perms=sorted(row["perms"]),
        teams=row["team_ids"],
        orgs=[],
        key=KeyLimits(
            id=row["key_id"],
            is_read_only=row["is_read_only"],
            networks=row["networks"],
            calls_per_minute=row["calls_per_minute"],
        ),
    )


async def note_refusal(tx: Tx, visitor: Visitor, text: str, reason: str) -> None:
    """Write down that somebody showed a known key in vain, once a minute at most."""
    if key := await queries.note_refusal(tx, key_hash(text)):
        by = By.owner(key.user_id, "api_client", visitor)
        after = {"reason": reason}
        await audit.record(tx, by, Action.API_KEY_REFUSED, target=_target(key), after=after)


async def _present(tx: Tx, key_id: UUID) -> ApiKey:
    key = await queries.api_key_by_id(tx, key_id)
    if key is None:
        raise ApiKeyNotFound
    return key


def _target(key: ApiKey) -> Target:
    return Target("api_key", key.id, key.prefix)


def _granted(key: ApiKey) -> dict[str, Any]:
    return {
        "scopes": list(key.scopes),
        "is_read_only": key.is_read_only,
        "networks": list(key.networks),
        "expires_at": key.expires_at.isoformat(),
    }

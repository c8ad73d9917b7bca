"""All SQL of API keys."""

from datetime import datetime, timedelta
from uuid import UUID

from identity_service.api_keys.domain import ApiKey, NewKey
from identity_service.api_keys.schemas import CreateApiKey, ListApiKeys
from shared.db import Row, Tx
from shared.paging import cut, decode_cursor

_COLUMNS = """
    k.id, k.user_id, u.name AS owner_name, k.name, k.prefix, k.scopes, k.is_read_only,
    k.networks::text[] AS networks, k.calls_per_minute, k.created_at, k.expires_at,
    k.last_used_at, k.revoked_at
"""


async def valid_keys_of(tx: Tx, user_id: UUID) -> int:
    """How many keys of a person still open something."""
    count: int = await tx.fetchval(
        """
        SELECT count(*) FROM api_key
        WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > now()
        """,
        user_id,
    )
    return count


async def insert_api_key(
    tx: Tx, key_id: UUID, user_id: UUID, new: NewKey, wanted: CreateApiKey
) -> None:
    """Store a new key."""
    await tx.execute(
        """
        INSERT INTO api_key (id, user_id, name, prefix, key_hash, scopes, is_read_only, networks,
            calls_per_minute, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8::text[]::cidr[], $9, now() + $10::interval)
        """,
        key_id,
        user_id,
        wanted.name,
        new.prefix,
        new.hash,
        sorted(wanted.scopes),
        wanted.is_read_only,
        wanted.networks,
        wanted.calls_per_minute,
        timedelta(days=wanted.valid_days),
    )


async def api_key_by_id(connection: Tx, key_id: UUID) -> ApiKey | None:
    """One key."""
    row = await connection.fetchrow(
        f"SELECT {_COLUMNS} FROM api_key k JOIN app_user u ON u.id = k.user_id WHERE k.id = $1",
        key_id,
    )
    return _api_key(row) if row else None


async def api_keys_page(connection: Tx, wanted: ListApiKeys) -> tuple[list[ApiKey], str | None]:
    """A page of everybody's keys, the newest first."""
    last = decode_cursor(wanted.cursor, datetime.fromisoformat, UUID) or (None, None)
    rows = await connection.fetch(
        f"""
        SELECT {_COLUMNS} FROM api_key k JOIN app_user u ON u.id = k.user_id
        WHERE $1::timestamptz IS NULL OR (k.created_at, k.id) < ($1, $2::uuid)
        ORDER BY k.created_at DESC, k.id DESC LIMIT $3
        """,
        *last,
        wanted.limit + 1,
    )
    page, following = cut(rows, wanted.limit, lambda row: (row["created_at"], row["id"]))
    return [_api_key(row) for row in page], following


async def revoke_api_key(tx: Tx, key_id: UUID) -> bool:
    """Let a key open nothing any more; False when that was so already."""
    revoked = await tx.fetchval(
        "UPDATE api_key SET revoked_at = now() WHERE id = $1 AND revoked_at IS NULL RETURNING true",
        key_id,
    )
    return bool(revoked)


async def resolve_api_key(connection: Tx, key_hash: bytes) -> Row | None:
    """Whom this key acts for, and what both of them may do; notes its use, once a minute at most."""
    return await connection.fetchrow(
        """
        WITH found AS (
            SELECT k.id AS key_id, k.expires_at, k.is_read_only, k.networks::text[] AS networks,
                   k.calls_per_minute, k.last_used_at, u.id, u.kind, u.role, u.name, u.email,
                   u.language, u.time_zone, u.avatar_id, u.team_ids,
                   ARRAY(SELECT unnest(k.scopes) INTERSECT SELECT unnest(r.permissions)) AS perms
            FROM api_key k
            JOIN app_user u ON u.id = k.user_id
            JOIN role r ON r.name = u.role
            WHERE k.key_hash = $1 AND k.revoked_at IS NULL AND k.expires_at > now()
              AND u.is_active AND u.is_email_verified
        ), used AS (
            UPDATE api_key SET last_used_at = now() FROM found
            WHERE api_key.id = found.key_id
              AND (found.last_used_at IS NULL
                   OR found.last_used_at < now() - interval '1 minute')
        )
        SELECT * FROM found
        """,
        key_hash,
    )


async def revoke_api_keys_since(tx: Tx, user_id: UUID, since: datetime) -> None:
    """Let the keys that somebody made since a moment open nothing any more."""
    await tx.execute(
        """
        UPDATE api_key SET revoked_at = now()
        WHERE user_id = $1 AND created_at >= $2 AND revoked_at IS NULL
        """,
        user_id,
        since,
    )


async def note_refusal(tx: Tx, key_hash: bytes) -> ApiKey | None:
    """The key with this hash, unless it is unknown or was noted as refused within the last minute."""
    row = await tx.fetchrow(
        f"""
        WITH noted AS (
            UPDATE api_key SET refused_at = now()
            WHERE key_hash = $1
              AND (refused_at IS NULL OR refused_at < now() - interval '1 minute')
            RETURNING *
        )
        SELECT {_COLUMNS} FROM noted k JOIN app_user u ON u.id = k.user_id
        """,
        key_hash,
    )
    return _api_key(row) if row else None


def _api_key(row: Row) -> ApiKey:
    values = dict(row)
    lists = {name: tuple(values[name]) for name in ("scopes", "networks")}
    return ApiKey(**values | lists)

"""All SQL of sessions in a customer's place."""

from datetime import datetime, timedelta
from uuid import UUID

from identity_service.limits.domain import Visitor
from shared.db import Row, Tx


async def insert_impersonation(
    tx: Tx,
    session_id: UUID,
    user_id: UUID,
    impersonator_id: UUID,
    parent_id: UUID,
    token_hash: bytes,
    lifetime: timedelta,
    by: Visitor,
) -> datetime | None:
    """Begin one within a session of the employee's own; None where that has ended."""
    expires_at: datetime | None = await tx.fetchval(
        """
        INSERT INTO session (id, user_id, impersonator_id, parent_id, token_hash, expires_at,
                             client_address, client_agent)
        SELECT $1, $2, $3, p.id, $5, now() + $6::interval, $7, $8 FROM session p
        WHERE p.id = $4 AND p.user_id = $3 AND p.expires_at > now()
        RETURNING expires_at
        """,
        session_id,
        user_id,
        impersonator_id,
        parent_id,
        token_hash,
        lifetime,
        by.address,
        by.agent,
    )
    return expires_at


async def delete_over(tx: Tx) -> list[Row]:
    """Delete those whose time is up, or that of the session they began in; gives who acted as whom."""
    return await tx.fetch(
        """
        DELETE FROM session s USING session p
        WHERE p.id = s.parent_id AND least(s.expires_at, p.expires_at) < now()
        RETURNING s.id, s.user_id, s.impersonator_id, least(s.expires_at, p.expires_at) AS ended_at
        """
    )

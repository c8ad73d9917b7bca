"""All SQL of the audit log. The service's role may insert and read here, and nothing else."""

from datetime import datetime
from typing import Any

from identity_service.audit.domain import Action, By, Target
from shared.db import Tx
from shared.tracing import request_id


async def insert_entry(
    tx: Tx,
    by: By,
    action: Action,
    target: Target | None,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    occurred_at: datetime | None,
) -> None:
    """Write an entry, and a note that it has no place in the chain yet."""
    await tx.execute(
        """
        WITH entry AS (
            INSERT INTO audit_entry (occurred_at, action, actor_kind, actor_id, as_id, session_id,
                client_address, client_agent, request_id, target_kind, target_id, target_label,
                before, after)
            VALUES (coalesce($1, now()), $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
            RETURNING id)
        INSERT INTO audit_waiting (entry_id) SELECT id FROM entry
        """,
        occurred_at,
        action,
        by.kind,
        by.id,
        by.as_id,
        by.session_id,
        by.address,
        by.agent,
        request_id.get(),
        target.kind if target else None,
        target.id if target else None,
        target.label if target else None,
        before,
        after,
    )

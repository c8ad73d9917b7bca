"""All SQL of erasing a person."""

from uuid import UUID

from identity_service.roles.domain import CUSTOMER
from identity_service.users.domain import User
from shared.db import Tx


async def erase_user(tx: Tx, user: User, address: str) -> int:
    """Leave nothing of a locked person but their row; returns its next version."""
    version: int = await tx.fetchval(
        """
        UPDATE app_user SET version = version + 1, erased_at = now(), name = '', email = $2,
            phone = NULL, is_phone_verified = false, language = 'id',
            time_zone = 'Asia/Jakarta', team_ids = '{}', is_active = false,
            is_email_verified = false, muted = '{}', avatar_id = NULL, quiet_from = NULL,
            quiet_to = NULL, organisation_id = NULL, membership = NULL, role = $3
        WHERE id = $1 RETURNING version
        """,
        user.id,
        address,
        CUSTOMER if user.kind == "customer" else "agent",
    )
    return version


async def delete_what_is_theirs(tx: Tx, user_id: UUID) -> None:
    """Delete the rows that would go with the person's own: sessions, keys, links, codes.

    The foreign keys say which those are, so a table that is added later is not forgotten here.
    """
    owned = await tx.fetch(
        """
        SELECT quote_ident(t.relname) AS table_name, quote_ident(a.attname) AS column_name
        FROM pg_constraint c
        JOIN pg_class t ON t.oid = c.conrelid
        JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
        WHERE c.contype = 'f' AND c.confrelid = 'app_user'::regclass AND c.confdeltype = 'c'
        ORDER BY t.relname
        """
    )
    for row in owned:
        await tx.execute(
            f"DELETE FROM {row['table_name']} WHERE {row['column_name']} = $1", user_id
        )


async def lines_of(tx: Tx, user_id: UUID) -> list[UUID]:
    """The ids of a person's lines."""
    rows = await tx.fetch("SELECT id FROM service_line WHERE user_id = $1 ORDER BY id", user_id)
    return [row["id"] for row in rows]


async def forget_in_imports(tx: Tx, user: User) -> None:
    """Imports keep the first rows of a file and the cells that were wrong, kept answers show them."""
    known = [text for text in (user.name, user.email, user.phone) if text]
    await tx.execute("DELETE FROM import_fault WHERE value = ANY($1)", known)
    await tx.execute(
        "UPDATE import SET sample = '[]' WHERE strpos(lower(sample::text), $1) > 0", user.email
    )
    await tx.execute("DELETE FROM idempotency_key WHERE strpos(lower(body), $1) > 0", user.email)

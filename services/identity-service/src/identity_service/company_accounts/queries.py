"""All SQL of linked company accounts."""

from uuid import UUID

from identity_service.company_accounts.domain import CompanyAccount, CompanyIdentity
from shared.db import Tx


async def account_of(connection: Tx, identity: CompanyIdentity) -> CompanyAccount | None:
    """The link of whoever came back."""
    row = await connection.fetchrow(
        """
        SELECT id, user_id, email, created_at, last_used_at FROM company_account
        WHERE issuer = $1 AND subject = $2
        """,
        identity.issuer,
        identity.subject,
    )
    return CompanyAccount(**row) if row else None


async def accounts_of(connection: Tx, user_id: UUID) -> list[CompanyAccount]:
    """The company accounts that a person has linked."""
    rows = await connection.fetch(
        """
        SELECT id, user_id, email, created_at, last_used_at FROM company_account
        WHERE user_id = $1 ORDER BY created_at, id
        """,
        user_id,
    )
    return [CompanyAccount(**row) for row in rows]


async def insert_account(
    tx: Tx, account_id: UUID, user_id: UUID, identity: CompanyIdentity
) -> bool:
    """Store a link; False where this account, or one of the same provider, is linked already."""
    inserted = await tx.fetchval(
        """
        INSERT INTO company_account (id, user_id, issuer, subject, email)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING true
        """,
        account_id,
        user_id,
        identity.issuer,
        identity.subject,
        identity.email,
    )
    return bool(inserted)


async def note_use(tx: Tx, account_id: UUID) -> None:
    """Note that somebody logged in with it."""
    await tx.execute("UPDATE company_account SET last_used_at = now() WHERE id = $1", account_id)


async def delete_account(tx: Tx, user_id: UUID, account_id: UUID) -> bool:
    """Remove one of a person's links; False where they have no such."""
    deleted = await tx.fetchval(
        "DELETE FROM company_account WHERE user_id = $1 AND id = $2 RETURNING true",
        user_id,
        account_id,
    )
    return bool(deleted)

"""All SQL of linked company accounts."""

from datetime import datetime
from uuid import UUID

from identity_service.company_accounts.domain import CompanyAccount, CompanyIdentity
from shared.db import Tx


async def account_of(connection: Tx, identity: CompanyIdentity) -> CompanyAccount | None:
    """The link of whoever came back. It holds as long as the account has the address of then:

    whoever took an account over and linked their own is not let in once the address is back.
    """
    row = await connection.fetchrow(
        """
        SELECT c.id, c.user_id, c.email, c.created_at, c.last_used_at
        FROM company_account c JOIN app_user u ON u.id = c.user_id AND u.email = c.email
        WHERE c.issuer = $1 AND c.subject = $2
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
    """Store a link; False where this account, or one of the same provider, is linked already.

    One that was made for another address of the same person gives way.
    """
    await tx.execute(
        "DELETE FROM company_account WHERE user_id = $1 AND email <> $2", user_id, identity.email
    )
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


async def delete_accounts_since(tx: Tx, user_id: UUID, since: datetime) -> None:
    """Remove the links that were made since a moment."""
    await tx.execute(
        "DELETE FROM company_account WHERE user_id = $1 AND created_at >= $2", user_id, since
    )


async def delete_account(tx: Tx, user_id: UUID, account_id: UUID) -> bool:
    """Remove one of a person's links; False where they have no such."""
    deleted = await tx.fetchval(
        "DELETE FROM company_account WHERE user_id = $1 AND id = $2 RETURNING true",
        user_id,
        account_id,
    )
    return bool(deleted)

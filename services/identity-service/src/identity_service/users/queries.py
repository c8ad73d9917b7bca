"""All SQL of people and their password hashes."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import replace
from uuid import UUID

from identity_service.fields import like_pattern
from identity_service.users.domain import USER_COLUMNS, User
from identity_service.users.schemas import ListUsers
from shared.db import Row, Tx
from shared.paging import cut, decode_cursor

_NEW = (
    *("id", "version", "kind", "role", "name", "email", "phone", "language", "time_zone"),
    *("is_active", "is_email_verified"),
)
_CONTACTS = ("id", "version", "name", "phone", "language")


async def user_by_id(connection: Tx, user_id: UUID) -> User | None:
    """One person."""
    row = await connection.fetchrow(
        "SELECT * FROM app_user WHERE id = $1 AND erased_at IS NULL", user_id
    )
    return _user(row) if row else None


async def user_by_email(connection: Tx, email: str) -> User | None:
    """The person with this address."""
    row = await connection.fetchrow("SELECT * FROM app_user WHERE email = $1", email)
    return _user(row) if row else None


async def known_emails(connection: Tx, emails: list[str]) -> set[str]:
    """Those of these addresses that have an account."""
    rows = await connection.fetch("SELECT email FROM app_user WHERE email = ANY($1)", emails)
    return {row["email"] for row in rows}


async def lock_user(tx: Tx, user_id: UUID) -> User | None:
    """One person, locked until the transaction ends."""
    row = await tx.fetchrow(
        "SELECT * FROM app_user WHERE id = $1 AND erased_at IS NULL FOR NO KEY UPDATE", user_id
    )
    return _user(row) if row else None


async def lock_user_by_email(tx: Tx, email: str) -> User | None:
    """The person with this address, locked until the transaction ends."""
    row = await tx.fetchrow("SELECT * FROM app_user WHERE email = $1 FOR NO KEY UPDATE", email)
    return _user(row) if row else None


async def lock_user_by_proven_phone(tx: Tx, phone: str) -> User | None:
    """The active person who has proven that this number is theirs, locked likewise."""
    row = await tx.fetchrow(
        """
        SELECT * FROM app_user WHERE phone = $1 AND is_phone_verified AND is_active
        FOR NO KEY UPDATE
        """,
        phone,
    )
    return _user(row) if row else None


async def lock_owner_of_phone(tx: Tx, phone: str) -> User | None:
    """Whoever has proven this number, locked; until the end others wait who prove it too."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 2))", phone)
    row = await tx.fetchrow(
        "SELECT * FROM app_user WHERE phone = $1 AND is_phone_verified FOR NO KEY UPDATE", phone
    )
    return _user(row) if row else None


async def insert_user(tx: Tx, user: User) -> bool:
    """Store a new person; False when the address is taken."""
    inserted = await tx.fetchval(
        """
        INSERT INTO app_user (id, version, kind, role, name, email, phone, language, time_zone,
            team_ids, is_active, is_email_verified)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        ON CONFLICT DO NOTHING RETURNING true
        """,
        user.id,
        user.version,
        user.kind,
        user.role,
        user.name,
        user.email,
        user.phone,
        user.language,
        user.time_zone,
        user.team_ids,
        user.is_active,
        user.is_email_verified,
    )
    return bool(inserted)


async def lock_users_with_emails(tx: Tx, emails: Collection[str]) -> dict[str, User]:
    """Those of these people who exist, by address, locked in one order whoever asks."""
    rows = await tx.fetch(
        "SELECT * FROM app_user WHERE email = ANY($1) ORDER BY id FOR NO KEY UPDATE", list(emails)
    )
    return {row["email"]: _user(row) for row in rows}


async def owners_with_emails(connection: Tx, emails: Collection[str]) -> dict[str, UUID]:
    """The customers with these addresses."""
    rows = await connection.fetch(
        "SELECT email, id FROM app_user WHERE email = ANY($1) AND kind = 'customer'", list(emails)
    )
    return {row["email"]: row["id"] for row in rows}


async def insert_users(tx: Tx, users: Sequence[User]) -> int:
    """Store new people without teams; gives how many, for an address may have been taken meanwhile."""
    result: str = await tx.execute(
        """
        INSERT INTO app_user (id, version, kind, role, name, email, phone, language, time_zone,
            is_active, is_email_verified)
        SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[],
            $6::text[], $7::text[], $8::text[], $9::text[], $10::boolean[], $11::boolean[])
        ON CONFLICT DO NOTHING
        """,
        *([getattr(user, name) for user in users] for name in _NEW),
    )
    return int(result.split()[-1])


async def save_contacts(tx: Tx, users: Sequence[User]) -> None:
    """Store name, phone and language of locked people at once, each with the version it has here."""
    await tx.execute(
        """
        UPDATE app_user u SET version = n.version, name = n.name, phone = n.phone,
            language = n.language
        FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[])
            AS n (id, version, name, phone, language)
        WHERE u.id = n.id
        """,
        *([getattr(user, name) for user in users] for name in _CONTACTS),
    )


async def permissions_now(connection: Tx, user_id: UUID) -> frozenset[str]:
    """What somebody may do at this moment; nothing once they are deactivated."""
    found = await connection.fetchval(
        """
        SELECT r.permissions FROM app_user u JOIN role r ON r.name = u.role
        WHERE u.id = $1 AND u.is_active
        """,
        user_id,
    )
    return frozenset(found or ())


async def save_user(tx: Tx, user: User) -> User:
    """Store what can change of a locked person as their next version."""
    version: int = await tx.fetchval(
        """
        UPDATE app_user SET version = version + 1, role = $2, name = $3, phone = $4,
            language = $5, time_zone = $6, team_ids = $7, is_active = $8, is_email_verified = $9,
            muted = $10, avatar_id = $11, quiet_from = $12, quiet_to = $13, organisation_id = $14,
            membership = $15, email = $16, is_phone_verified = $17
        WHERE id = $1 RETURNING version
        """,
        user.id,
        user.role,
        user.name,
        user.phone,
        user.language,
        user.time_zone,
        user.team_ids,
        user.is_active,
        user.is_email_verified,
        user.muted,
        user.avatar_id,
        user.quiet_from,
        user.quiet_to,
        user.organisation_id,
        user.membership,
        user.email,
        user.is_phone_verified,
    )
    return replace(user, version=version)


async def users_page(connection: Tx, wanted: ListUsers) -> tuple[list[User], str | None]:
    """A page of people by name, and the cursor of the next."""
    after_name, after_id = decode_cursor(wanted.cursor, str, UUID) or ("", UUID(int=0))
    rows = await connection.fetch(
        """
        SELECT *, lower(name) AS sort_name FROM app_user
        WHERE erased_at IS NULL
          AND ($1::text IS NULL OR role = $1)
          AND ($2::text IS NULL OR kind = $2)
          AND ($3::uuid IS NULL OR team_ids @> ARRAY[$3::uuid])
          AND ($4::boolean IS NULL OR is_active = $4)
          AND ($5 = '' OR search LIKE lower($5))
          AND (lower(name), id) > ($6, $7)
        ORDER BY lower(name), id LIMIT $8
        """,
        wanted.role,
        wanted.kind,
        wanted.team,
        wanted.is_active,
        _pattern(wanted.q),
        after_name,
        after_id,
        wanted.limit + 1,
    )
    page, following = cut(rows, wanted.limit, lambda row: (row["sort_name"], row["id"]))
    return [_user(row) for row in page], following


async def other_admins(tx: Tx, user_id: UUID, admin_role: str) -> int:
    """How many people besides this one can administer. The role's row is locked already."""
    count: int = await tx.fetchval(
        """
        SELECT count(*) FROM app_user
        WHERE role = $2 AND is_active AND is_email_verified AND id <> $1
        """,
        user_id,
        admin_role,
    )
    return count


async def password_hash(connection: Tx, user_id: UUID) -> str | None:
    """What a person's password is checked against; None before they have one."""
    found: str | None = await connection.fetchval(
        "SELECT password_hash FROM credential WHERE user_id = $1", user_id
    )
    return found


async def save_password_hash(tx: Tx, user_id: UUID, password_hash: str) -> None:
    """Give a person this password, the first or another one."""
    await tx.execute(
        """
        INSERT INTO credential (user_id, password_hash) VALUES ($1, $2)
        ON CONFLICT (user_id) DO UPDATE SET password_hash = $2, changed_at = now()
        """,
        user_id,
        password_hash,
    )


async def delete_password(tx: Tx, user_id: UUID) -> None:
    """Let no password be the right one until another one is set."""
    await tx.execute("DELETE FROM credential WHERE user_id = $1", user_id)


async def replace_password_hash(tx: Tx, user_id: UUID, old_hash: str, new_hash: str) -> None:
    """Store a better hash of the same password, unless the password was changed meanwhile."""
    await tx.execute(
        "UPDATE credential SET password_hash = $3 WHERE user_id = $1 AND password_hash = $2",
        user_id,
        old_hash,
        new_hash,
    )


async def users_for_snapshot(tx: Tx) -> AsyncIterator[User]:
    """Every person."""
    async for row in tx.cursor("SELECT * FROM app_user ORDER BY id"):
        yield _user(row)


def _user(row: Row) -> User:
    values = {name: row[name] for name in USER_COLUMNS}
    lists = {name: tuple(values[name]) for name in ("team_ids", "muted")}
    return User(**values | lists)


def _pattern(q: str) -> str:
    """A LIKE pattern for a part of name, address or phone; 0812… also finds +62812…."""
    digits = q.translate({ord(c): None for c in " -()+"})
    if digits.isdecimal() and len(digits) >= 3:
        return like_pattern(digits.removeprefix("0"))
    return like_pattern(q)

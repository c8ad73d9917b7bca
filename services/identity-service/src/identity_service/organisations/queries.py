"""All SQL of organisations and of who belongs to them."""

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID

from identity_service.fields import like_pattern
from identity_service.organisations.domain import Organisation
from identity_service.organisations.schemas import (
    ListOrganisations,
    MemberOut,
    OrganisationOut,
)
from shared.db import Row, Tx
from shared.paging import cut, decode_cursor

_COUNTED = """
    SELECT o.id, o.name, o.is_active, o.version,
           (SELECT count(*) FROM app_user u WHERE u.organisation_id = o.id) AS members
    FROM organisation o
"""


async def organisations_page(
    connection: Tx, wanted: ListOrganisations
) -> tuple[list[OrganisationOut], str | None]:
    """A page of organisations by name, and the cursor of the next."""
    after_name, after_id = decode_cursor(wanted.cursor, str, UUID) or ("", UUID(int=0))
    rows = await connection.fetch(
        f"""
        {_COUNTED} WHERE ($1 = '' OR lower(o.name) LIKE lower($1))
          AND (lower(o.name), o.id) > ($2, $3)
        ORDER BY lower(o.name), o.id LIMIT $4
        """,
        like_pattern(wanted.q),
        after_name,
        after_id,
        wanted.limit + 1,
    )
    page, following = cut(rows, wanted.limit, lambda row: (row["name"].lower(), row["id"]))
    return [OrganisationOut(**row) for row in page], following


async def organisation_shown(connection: Tx, organisation_id: UUID) -> OrganisationOut | None:
    """One organisation with the number of its people."""
    row = await connection.fetchrow(f"{_COUNTED} WHERE o.id = $1", organisation_id)
    return OrganisationOut(**row) if row else None


async def lock_organisation(tx: Tx, organisation_id: UUID) -> Organisation | None:
    """One organisation, locked until the transaction ends."""
    row = await tx.fetchrow(
        "SELECT * FROM organisation WHERE id = $1 FOR NO KEY UPDATE", organisation_id
    )
    return _organisation(row) if row else None


async def insert_organisation(tx: Tx, organisation: Organisation) -> bool:
    """Store a new organisation; False when the name is taken."""
    inserted = await tx.fetchval(
        """
        INSERT INTO organisation (id, version, name, is_active) VALUES ($1, $2, $3, $4)
        ON CONFLICT DO NOTHING RETURNING true
        """,
        organisation.id,
        organisation.version,
        organisation.name,
        organisation.is_active,
    )
    return bool(inserted)


async def is_name_taken(tx: Tx, name: str, but: UUID) -> bool:
    """Whether another organisation has this name."""
    taken = await tx.fetchval(
        "SELECT EXISTS (SELECT FROM organisation WHERE lower(name) = lower($1) AND id <> $2)",
        name,
        but,
    )
    return bool(taken)


async def save_organisation(tx: Tx, organisation: Organisation) -> Organisation:
    """Store what can change of a locked organisation as its next version."""
    version: int = await tx.fetchval(
        """
        UPDATE organisation SET version = version + 1, name = $2, is_active = $3 WHERE id = $1
        RETURNING version
        """,
        organisation.id,
        organisation.name,
        organisation.is_active,
    )
    return replace(organisation, version=version)


async def manages(connection: Tx, user_id: UUID, organisation_id: UUID) -> bool:
    """Whether this person may look after the members of an organisation that is active."""
    found = await connection.fetchval(
        """
        SELECT EXISTS (SELECT FROM app_user u JOIN organisation o ON o.id = u.organisation_id
                       WHERE u.id = $1 AND o.id = $2 AND o.is_active AND u.is_active
                         AND u.membership = 'company_manage')
        """,
        user_id,
        organisation_id,
    )
    return bool(found)


async def members_page(
    connection: Tx, organisation_id: UUID, limit: int, cursor: str | None
) -> tuple[list[MemberOut], str | None]:
    """A page of the people of an organisation by name, and the cursor of the next."""
    after_name, after_id = decode_cursor(cursor, str, UUID) or ("", UUID(int=0))
    rows = await connection.fetch(
        """
        SELECT id, name, email, is_active, membership, lower(name) AS sort_name FROM app_user
        WHERE organisation_id = $1 AND (lower(name), id) > ($2, $3)
        ORDER BY lower(name), id LIMIT $4
        """,
        organisation_id,
        after_name,
        after_id,
        limit + 1,
    )
    page, following = cut(rows, limit, lambda row: (row["sort_name"], row["id"]))
    return [_member(row) for row in page], following


async def organisations_for_snapshot(tx: Tx) -> AsyncIterator[Organisation]:
    """Every organisation."""
    async for row in tx.cursor("SELECT * FROM organisation ORDER BY id"):
        yield _organisation(row)


def _organisation(row: Row) -> Organisation:
    return Organisation(row["id"], row["version"], row["name"], row["is_active"])


def _member(row: Row) -> MemberOut:
    return MemberOut(**{name: row[name] for name in MemberOut.model_fields})

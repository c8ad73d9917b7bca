"""All SQL of pictures of people."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from identity_service.avatars.domain import Avatar
from shared.auth import Actor
from shared.db import Tx


async def insert_avatar(tx: Tx, avatar: Avatar) -> None:
    """Note a picture that is about to be stored."""
    await tx.execute(
        "INSERT INTO avatar (id, storage_key) VALUES ($1, $2)", avatar.id, avatar.storage_key
    )


async def avatar_in_sight(connection: Tx, user_id: UUID, actor: Actor) -> Avatar | None:
    """A person's picture: staff's is for everybody with an account, a customer's for them and staff."""
    row = await connection.fetchrow(
        """
        SELECT a.id, a.storage_key FROM app_user u JOIN avatar a ON a.id = u.avatar_id
        WHERE u.id = $1 AND (u.kind = 'staff' OR u.id = $2 OR $3)
        """,
        user_id,
        actor.id,
        actor.is_staff,
    )
    return Avatar(**row) if row else None


async def left_avatars(connection: Tx, age: timedelta, limit: int) -> list[Avatar]:
    """Pictures that nobody has (any more), and that are too old to be on their way still."""
    rows = await connection.fetch(
        """
        SELECT id, storage_key FROM avatar a
        WHERE created_at < now() - $1::interval
          AND NOT EXISTS (SELECT FROM app_user WHERE avatar_id = a.id)
        LIMIT $2
        """,
        age,
        limit,
    )
    return [Avatar(**row) for row in rows]


async def delete_avatars(tx: Tx, avatars: Sequence[Avatar]) -> None:
    """Forget pictures whose objects are gone."""
    await tx.execute("DELETE FROM avatar WHERE id = ANY($1::uuid[])", [a.id for a in avatars])

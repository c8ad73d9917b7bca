"""All SQL of invitations: a link and the account it was made for."""

from uuid import UUID

from identity_service.invitations.schemas import InvitationOut
from shared.db import Tx


async def invitation_of_link(connection: Tx, link_id: UUID) -> InvitationOut | None:
    """What an open invitation is for; None when the account was taken over or deactivated."""
    row = await connection.fetchrow(
        """
        SELECT u.name, u.email, u.role, u.kind, u.language, l.expires_at
        FROM link l JOIN app_user u ON u.id = l.user_id
        WHERE l.id = $1 AND u.is_active AND NOT u.is_email_verified
        """,
        link_id,
    )
    return InvitationOut(**row) if row else None

"""Telling people of sign-ins from where they were not known."""

from identity_service.limits.domain import Visitor
from identity_service.links import handlers as links
from identity_service.links import queries as link_queries
from identity_service.links.domain import DAY
from identity_service.sign_ins import queries
from identity_service.sign_ins.domain import NOTICES_A_DAY, REMEMBERED_FOR, about, marks
from identity_service.users.domain import User
from shared.db import Tx


async def note_sign_in(tx: Tx, user: User, visitor: Visitor) -> None:
    """Remember what a locked person logs in with; tell them where it is new, but not the first."""
    seen, known = marks(user.id, visitor), await queries.known_marks(tx, user.id, REMEMBERED_FOR)
    await queries.remember_marks(tx, user.id, seen)
    if not known or known >= set(seen):
        return
    if await link_queries.links_sent_within(tx, user.id, ("not_me",), DAY) < NOTICES_A_DAY:
        await links.announce_link(tx, user, "not_me", "new_sign_in", about=about(visitor))

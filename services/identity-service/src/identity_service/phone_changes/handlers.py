"""Sending a code to a number, and taking the code that came back.

As with passwords, the try is counted and committed before the comparison. A number that somebody
else has proven becomes unproven there: they have lost it, and providers give numbers out again.
"""

from dataclasses import replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from identity_service.audit import handlers as audit
from identity_service.audit.domain import Action, By, Target
from identity_service.limits import handlers as limits
from identity_service.limits.domain import (
    PHONE_CODE_TRIES,
    PHONE_CODES,
    PHONE_CODES_IN_ALL,
    PHONE_CODES_OWN,
    PHONE_CODES_TO,
    PHONE_CODES_TO_BLOCK,
)
from identity_service.links import handlers as links
from identity_service.links import queries as link_queries
from identity_service.phone_changes.domain import CodeWrong, NoCodeExpected, prefix_of
from identity_service.second_factor.handlers import tell
from identity_service.sessions.handlers import own_id
from identity_service.users import handlers as user_handlers
from identity_service.users import queries as users
from identity_service.users.domain import User
from shared.auth import Actor
from shared.db import Tx
from shared.errors import Unauthenticated
from shared.links import LinkKeys, is_code


class Expected(NamedTuple):
    """The code that waits for being typed, and the number that it was sent to."""

    id: UUID
    expires_at: datetime
    phone: str


async def ask_for_code(tx: Tx, by: By, user: User, phone: str) -> None:
    """Send a code to a number for the owner who asked; the newest is the only one that works."""
    await limits.count(
        tx,
        PHONE_CODES.of(str(user.id)),
        PHONE_CODES_OWN.of(str(user.id), phone),
        PHONE_CODES_TO.of(phone),
        PHONE_CODES_TO_BLOCK.of(prefix_of(phone)),
        PHONE_CODES_IN_ALL.of(),
    )
    await link_queries.revoke_links_for(tx, user.id, "phone")
    await links.announce_link(
        tx, user, "phone", "phone_code", channel="phone", address=phone, value=phone
    )
    after = {"phone": phone}
    await audit.record(
        tx, by, Action.PHONE_PROOF_ASKED_FOR, target=Target.user(user.id), after=after
    )


async def begin_proof(tx: Tx, actor: Actor) -> Expected:
    """Count a try to type the code that is expected."""
    found = await link_queries.newest_open_link(tx, own_id(actor), "phone")
    if found is None or found["value"] is None:
        raise NoCodeExpected
    await limits.count(tx, PHONE_CODE_TRIES.of(str(found["id"])))
    return Expected(found["id"], found["expires_at"], found["value"])


async def prove_phone(
    tx: Tx, actor: Actor, by: By, keys: LinkKeys, expected: Expected, code: str
) -> User:
    """Let the number count; the old one and the mailbox hear of it."""
    if not is_code(keys, "phone", expected.id, expected.expires_at, code):
        raise CodeWrong
    await _take_from_others(tx, by, expected.phone, own_id(actor))
    user = await users.lock_user(tx, own_id(actor))
    if user is None or not user.is_active:
        raise Unauthenticated
    await links.use_link(tx, expected.id, "phone")
    return await _change(tx, by, user, expected.phone)


async def remove_phone(tx: Tx, by: By, user: User) -> User:
    """Have no number any more, as its owner asked."""
    return await _change(tx, by, user, None)


async def _change(tx: Tx, by: By, user: User, phone: str | None) -> User:
    wanted = replace(user, phone=phone, is_phone_verified=phone is not None)
    saved = await user_handlers.save_changes(tx, user, wanted)
    before, after = {"phone": user.phone}, {"phone": phone}
    target = Target.user(user.id)
    await audit.record(tx, by, Action.PHONE_CHANGED, target=target, before=before, after=after)
    if phone != user.phone:
        await _tell(tx, user)
    return saved


async def _take_from_others(tx: Tx, by: By, phone: str, new_owner: UUID) -> None:
    """Whoever had proven the number hears of it by mail, for it may have been stolen from them."""
    owner = await users.lock_owner_of_phone(tx, phone)
    if owner is None or owner.id == new_owner:
        return
    saved = await user_handlers.save_changes(tx, owner, replace(owner, is_phone_verified=False))
    before, after = {"is_phone_verified": True}, {"is_phone_verified": False}
    target = Target.user(owner.id)
    await audit.record(tx, by, Action.PHONE_CHANGED, target=target, before=before, after=after)
    await tell(tx, saved, "phone_taken")


async def _tell(tx: Tx, before: User) -> None:
    """The mailbox can undo it; whoever holds the old number may not be the owner any more."""
    await links.announce_link(tx, before, "not_me", "phone_changed")
    if before.phone and before.is_phone_verified:
        await links.announce_link(
            tx, before, "not_me", "number_replaced", channel="phone", address=before.phone
        )

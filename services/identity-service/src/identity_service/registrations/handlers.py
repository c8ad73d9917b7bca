"""Registering, having the link sent again, and proving the address.

Hashing stands between two transactions, as in logging in: the first counts the try, the second acts.
"""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from identity_service.audit import handlers as audit
from identity_service.audit.domain import Action, By, Target
from identity_service.limits import handlers as limits
from identity_service.limits.domain import (
    CHOOSE_REGISTRATION,
    REGISTER,
    REGISTER_FROM_NETWORK,
    RESEND,
    RESEND_FROM_NETWORK,
    Visitor,
)
from identity_service.links import handlers as links
from identity_service.links import queries as link_queries
from identity_service.links.domain import (
    DAY,
    MAILS_BY_ASKING_AGAIN,
    MAILS_BY_REGISTERING,
    PAUSE_BEFORE_ASKING_AGAIN,
)
from identity_service.passwords.domain import check_password
from identity_service.registrations import queries
from identity_service.registrations.domain import (
    KEPT_REGISTRATIONS,
    REGISTRATION_LIFETIME,
    PasswordNeeded,
    Registration,
    step_for,
)
from identity_service.registrations.schemas import Register
from identity_service.roles.domain import CUSTOMER
from identity_service.users import handlers as user_handlers
from identity_service.users import queries as users
from identity_service.users.domain import User
from shared import outbox
from shared.db import Tx
from shared.errors import Unavailable
from shared.events.identity import UserRegistered
from shared.ids import uuid7
from shared.links import LinkKeys, LinkNotValid


async def begin_registration(tx: Tx, visitor: Visitor, command: Register, brand: str) -> None:
    """Refuse an easy password and count the try."""
    check_password(command.password, (command.name, command.email, brand))
    own = REGISTER.of(command.email, visitor.network)
    await limits.count(tx, own, REGISTER_FROM_NETWORK.of(visitor.network))


async def register(
    tx: Tx, visitor: Visitor, command: Register, password_hash: str, time_zone: str
) -> None:
    """Do what the address calls for; the caller is told the same in every case."""
    user = await users.lock_user_by_email(tx, command.email)
    if user is None and await link_queries.is_kept_for_its_owner(tx, command.email):
        return
    user = user or await _create(tx, command, time_zone)
    await audit.record(tx, By.visitor(visitor), Action.REGISTERED, target=Target.user(user.id))
    step = step_for(user)
    if step == "tell_owner":
        if await _may_mail(tx, user, MAILS_BY_REGISTERING):
            await links.issue_link(tx, user, "account_exists")
    elif step == "add":
        await queries.keep_registrations_waiting(tx, user.id, REGISTRATION_LIFETIME)
        await queries.insert_registration(
            tx, uuid7(), user.id, command, password_hash, REGISTRATION_LIFETIME
        )
        await queries.keep_newest_registrations(tx, user.id, KEPT_REGISTRATIONS)
        if await _may_mail(tx, user, MAILS_BY_REGISTERING):
            await links.issue_link(tx, user, "verify")


async def send_again(tx: Tx, email: str) -> None:
    """Send another link to an address that waits for one; says nothing about whether it does."""
    user = await users.lock_user_by_email(tx, email)
    if user is None or step_for(user) != "add":
        return
    if not await queries.open_registrations(tx, user.id):
        return
    sent_just_now = await link_queries.links_sent_within(
        tx, user.id, ("verify",), PAUSE_BEFORE_ASKING_AGAIN
    )
    if not sent_just_now and await _may_mail(
        tx, user, MAILS_BY_REGISTERING + MAILS_BY_ASKING_AGAIN
    ):
        await links.issue_link(tx, user, "verify")


async def count_resend(tx: Tx, visitor: Visitor, email: str) -> None:
    """Count somebody asking for another link."""
    own = RESEND.of(email, visitor.network)
    await limits.count(tx, own, RESEND_FROM_NETWORK.of(visitor.network))


async def begin_verification(
    tx: Tx, keys: LinkKeys, token: str, password: str | None
) -> list[Registration]:
    """The registrations that the link can make count; where a password must choose, count the try."""
    _, owner = await links.open_link(tx, keys, "verify", token)
    waiting = await queries.open_registrations(tx, owner)
    if not waiting:
        raise LinkNotValid
    if password is not None:
        await limits.count(tx, CHOOSE_REGISTRATION.of(str(owner)))
    elif await _is_contested(tx, owner, waiting):
        raise PasswordNeeded
    return waiting


async def verify_email(
    tx: Tx,
    visitor: Visitor,
    keys: LinkKeys,
    token: str,
    chosen: Registration,
    *,
    by_password: bool,
) -> User:
    """Let one registration count: its name, phone, language and password become the account's."""
    link_id, owner = await links.open_link(tx, keys, "verify", token)
    user = await users.lock_user(tx, owner)
    if user is None or not user.is_active or user.is_email_verified:
        raise LinkNotValid
    waiting = await queries.open_registrations(tx, owner)
    if chosen not in waiting:
        raise LinkNotValid
    if not by_password and await _is_contested(tx, owner, waiting):
        raise PasswordNeeded
    await links.use_link(tx, link_id, "verify")
    await users.save_password_hash(tx, user.id, chosen.password_hash)
    by = By.owner(user.id, user.kind, visitor)
    await audit.record(tx, by, Action.EMAIL_VERIFIED, target=Target.user(user.id))
    return await take_over(
        tx,
        user,
        replace(user, name=chosen.name, phone=chosen.phone, language=chosen.language),
    )


async def take_over(tx: Tx, before: User, after: User) -> User:
    """The owner of the address has shown themselves: what others began for it counts no more."""
    await link_queries.revoke_links(tx, before.id)
    await queries.delete_registrations_of(tx, before.id)
    return await user_handlers.save_changes(tx, before, replace(after, is_email_verified=True))


async def _create(tx: Tx, command: Register, time_zone: str) -> User:
    """An unproven customer, or the one that a parallel registration has just made."""
    user = User(
        id=uuid7(),
        version=1,
        kind="customer",
        role=CUSTOMER,
        name=command.name,
        email=command.email,
        phone=command.phone,
        language=command.language,
        time_zone=time_zone,
        team_ids=(),
        is_active=True,
        is_email_verified=False,
    )
    if await users.insert_user(tx, user):
        await outbox.add(tx, user.id, user.version, UserRegistered(user=user.facts()))
        return user
    existing = await users.lock_user_by_email(tx, command.email)
    if existing is None:
        raise Unavailable
    return existing


async def _is_contested(tx: Tx, user_id: UUID, waiting: Sequence[Registration]) -> bool:
    """Whether the link alone does not tell whose words are meant."""
    return len(waiting) > 1 or await link_queries.was_sent(tx, user_id, "invite")


async def _may_mail(tx: Tx, user: User, most: int) -> bool:
    """Whether an address may be sent one more of these mails today. Its owner's row is locked."""
    sent = await link_queries.links_sent_within(tx, user.id, ("verify", "account_exists"), DAY)
    return sent < most

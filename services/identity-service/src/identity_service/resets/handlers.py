"""Asking for a link, and setting a password with it. What is asked for shows nothing about who exists."""

from identity_service.audit import handlers as audit
from identity_service.audit.domain import Action, By, Target
from identity_service.limits import handlers as limits
from identity_service.limits.domain import RESET, RESET_FROM_NETWORK, Visitor
from identity_service.links import handlers as links
from identity_service.links import queries as link_queries
from identity_service.links.domain import DAY, PAUSE_BEFORE_ASKING_AGAIN, RESETS_A_DAY
from identity_service.passwords.domain import check_password
from identity_service.resets.schemas import ResetOut, ResetPassword
from identity_service.sessions import queries as sessions
from identity_service.users import handlers as user_handlers
from identity_service.users import queries as users
from identity_service.users.domain import User
from identity_service.users.schemas import Named
from shared.db import Tx
from shared.links import LinkKeys, LinkNotValid


async def count_request(tx: Tx, visitor: Visitor, named: Named) -> None:
    """Count somebody asking for a link, whoever it may be for."""
    own = RESET.of(named.name, visitor.network)
    await limits.count(tx, own, RESET_FROM_NETWORK.of(visitor.network))


async def ask_for_reset(tx: Tx, by: By, named: Named) -> None:
    """Send a link to the mailbox of an account that may be used; to nobody else."""
    user = await _named(tx, named)
    if user is None or not _may_reset(user) or not await _may_mail(tx, user):
        return
    await links.issue_link(tx, user, "reset")
    await audit.record(tx, by, Action.RESET_ASKED_FOR, target=Target.user(user.id))


async def show_reset(connection: Tx, keys: LinkKeys, token: str) -> ResetOut:
    """Whose password it would set; changes nothing, so that mail scanners may look too."""
    link_id, owner = await links.open_link(connection, keys, "reset", token)
    user = await users.user_by_id(connection, owner)
    expires_at = await link_queries.expiry_of_link(connection, link_id)
    if user is None or not _may_reset(user) or expires_at is None:
        raise LinkNotValid
    return ResetOut(email=user.email, expires_at=expires_at)


async def begin_reset(connection: Tx, keys: LinkKeys, command: ResetPassword, brand: str) -> None:
    """Refuse a dead link or an easy password before the costly hash."""
    _, owner = await links.open_link(connection, keys, "reset", command.token)
    user = await users.user_by_id(connection, owner)
    if user is None:
        raise LinkNotValid
    check_password(command.password, (user.name, user.email, brand))


async def reset_password(
    tx: Tx, visitor: Visitor, keys: LinkKeys, token: str, password_hash: str
) -> User:
    """Set the password, end every session, and tell the owner."""
    link_id, owner = await links.open_link(tx, keys, "reset", token)
    user = await users.lock_user(tx, owner)
    if user is None or not _may_reset(user):
        raise LinkNotValid
    await links.use_link(tx, link_id, "reset")
    saved = await user_handlers.set_password(tx, user, password_hash)
    await sessions.delete_sessions_of(tx, user.id)
    await link_queries.revoke_ordinary_links(tx, user.id)
    by = By.owner(user.id, user.kind, visitor)
    await audit.record(tx, by, Action.CREDENTIAL_RESET, target=Target.user(user.id))
    return saved


async def _named(tx: Tx, named: Named) -> User | None:
    if named.phone:
        return await users.lock_user_by_proven_phone(tx, named.phone)
    return await users.lock_user_by_email(tx, named.email or "")


def _may_reset(user: User) -> bool:
    """Whoever has not proven their address yet has the link of their registration for that."""
    return user.is_active and user.is_email_verified


async def _may_mail(tx: Tx, user: User) -> bool:
    """Whether the person may be sent one more of these mails. Their row is locked.

    Strangers can use the day's mails up: from then on one comes whenever no link is good any more.
    """
    sent = await link_queries.links_sent_within(tx, user.id, ("reset",), DAY)
    now = await link_queries.links_sent_within(tx, user.id, ("reset",), PAUSE_BEFORE_ASKING_AGAIN)
    if now:
        return False
    return sent < RESETS_A_DAY or not await link_queries.owners_of_open_links(
        tx, [user.id], "reset"
    )

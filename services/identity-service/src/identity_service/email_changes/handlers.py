"""Asking for another e-mail address, and the proof that it is one's own.

The answer to asking is the same whether the address has an account already; only its mailbox hears.
"""

from dataclasses import replace

from identity_service.audit import handlers as audit
from identity_service.audit.domain import Action, By, Target
from identity_service.email_changes.domain import SameEmail
from identity_service.email_changes.schemas import EmailChangeOut
from identity_service.limits import handlers as limits
from identity_service.limits.domain import EMAIL_CHANGE, EMAIL_CHANGE_OWN, EMAIL_CHANGE_TO, Visitor
from identity_service.links import handlers as links
from identity_service.links import queries as link_queries
from identity_service.links.domain import DAY, LIFETIME, MAILS_BY_REGISTERING
from identity_service.sessions import queries as sessions
from identity_service.users import handlers as user_handlers
from identity_service.users import queries as users
from identity_service.users.domain import EmailTaken, User
from shared.db import Tx
from shared.ids import uuid7
from shared.links import LinkKeys, LinkNotValid


async def ask_for_change(tx: Tx, by: By, user: User, email: str) -> None:
    """Send a link to the next address of the owner who asked; the newest is the only one that works."""
    if email == user.email:
        raise SameEmail
    await limits.count(
        tx,
        EMAIL_CHANGE.of(str(user.id)),
        EMAIL_CHANGE_OWN.of(str(user.id), email),
        EMAIL_CHANGE_TO.of(email),
    )
    after = {"email": email}
    await audit.record(
        tx, by, Action.EMAIL_CHANGE_ASKED_FOR, target=Target.user(user.id), after=after
    )
    await link_queries.revoke_links_for(tx, user.id, "email")
    owner = await users.user_by_email(tx, email)
    if owner is None:
        await links.announce_link(tx, user, "email", "email_proof", address=email, value=email)
        return
    # A link that nobody is sent, so that one's own profile tells no more than the answer.
    await link_queries.insert_link(tx, uuid7(), "email", user.id, LIFETIME["email"], email)
    if owner.is_email_verified and owner.is_active:
        await _tell_owner(tx, owner)


async def show_change(connection: Tx, keys: LinkKeys, token: str) -> EmailChangeOut:
    """The address that a link proves; changes nothing, so that mail scanners may look too."""
    link_id, _ = await links.open_link(connection, keys, "email", token)
    email = await link_queries.value_of_link(connection, link_id)
    if email is None:
        raise LinkNotValid
    return EmailChangeOut(email=email)


async def confirm_change(tx: Tx, visitor: Visitor, keys: LinkKeys, token: str) -> EmailChangeOut:
    """Let the proven address count; every session ends, and the old address can take it back."""
    link_id, owner = await links.open_link(tx, keys, "email", token)
    user, email = await users.lock_user(tx, owner), await link_queries.value_of_link(tx, link_id)
    if user is None or not user.is_active or email is None:
        raise LinkNotValid
    await links.use_link(tx, link_id, "email")
    await _change(tx, user, email)
    await links.announce_link(
        tx, user, "email_undo", "email_changed", value=user.email, about={"email": email}
    )
    by = By.owner(user.id, user.kind, visitor)
    before, after = {"email": user.email}, {"email": email}
    target = Target.user(user.id)
    await audit.record(tx, by, Action.EMAIL_CHANGED, target=target, before=before, after=after)
    return EmailChangeOut(email=email)


async def _change(tx: Tx, user: User, email: str) -> None:
    """Give a locked person this address, unless it is somebody else's or may yet be."""
    await link_queries.is_kept_for_its_owner(tx, user.email)
    is_kept = await link_queries.is_kept_for_its_owner(tx, email, besides=user.id)
    if is_kept or await users.user_by_email(tx, email):
        raise EmailTaken
    await user_handlers.save_changes(tx, user, replace(user, email=email))
    await sessions.delete_sessions_of(tx, user.id)
    await link_queries.revoke_ordinary_links(tx, user.id)


async def _tell_owner(tx: Tx, owner: User) -> None:
    """Somebody typed an address that has an account; its mailbox hears of it once a day."""
    sent = await link_queries.links_sent_within(tx, owner.id, ("account_exists",), DAY)
    if sent < MAILS_BY_REGISTERING:
        await links.issue_link(tx, owner, "account_exists")

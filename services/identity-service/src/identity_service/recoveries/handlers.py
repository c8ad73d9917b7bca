"""Locking everybody out of an account and handing its owner, who has the mailbox, the way back in.

Whoever got in knows the password, so it counts no more: nobody logs in until another one is set. The
link for that is sent anew: the one from the warning lives for days and may have been passed on, so it
locks the door but opens none.
"""

from dataclasses import replace
from uuid import UUID

from identity_service.api_keys import queries as api_keys
from identity_service.audit import handlers as audit
from identity_service.audit.domain import Action, By, Target
from identity_service.company_accounts import queries as company_accounts
from identity_service.limits.domain import Visitor
from identity_service.links import handlers as links
from identity_service.links import queries as link_queries
from identity_service.passkeys import queries as passkeys
from identity_service.recoveries.schemas import Lifeline, Recover
from identity_service.second_factor import queries as second_factor
from identity_service.sessions import queries as sessions
from identity_service.users import handlers as user_handlers
from identity_service.users import queries as users
from identity_service.users.domain import EmailTaken, User
from shared.db import Tx
from shared.links import LinkKeys, LinkNotValid


async def recover(tx: Tx, visitor: Visitor, keys: LinkKeys, command: Recover) -> None:
    """End every session and every link, and mail a link for a password to the warned address."""
    link_id, owner = await links.open_link(tx, keys, command.purpose, command.token)
    user = await users.lock_user(tx, owner)
    if user is None or not user.is_active:
        raise LinkNotValid
    await links.use_link(tx, link_id, command.purpose)
    by = By.owner(user.id, user.kind, visitor)
    user = await _with_warned_address(tx, by, user, command.purpose, link_id)
    await sessions.delete_sessions_of(tx, user.id)
    await _remove_what_was_planted(tx, user, link_id)
    await users.delete_password(tx, user.id)
    await link_queries.revoke_links_since(tx, user.id, link_id)
    await audit.record(tx, by, Action.ALARM_RAISED, target=Target.user(user.id))
    await links.issue_link(tx, user, "reset")


async def _remove_what_was_planted(tx: Tx, user: User, link_id: UUID) -> None:
    """The ways in that were made since the first doubt: whoever got in may have made them.

    An employee's app stays: a thief of the mailbox must not get around it, and a colleague who may
    can take it away after making sure.
    """
    since = await link_queries.first_alarm(tx, user.id, link_id)
    await passkeys.delete_passkeys_since(tx, user.id, since)
    if user.kind != "staff":
        await second_factor.delete_second_factor_since(tx, user.id, since)
    await second_factor.delete_pending_of(tx, user.id)
    await company_accounts.delete_accounts_since(tx, user.id, since)
    await api_keys.revoke_api_keys_since(tx, user.id, since)


async def _with_warned_address(
    tx: Tx, by: By, user: User, purpose: Lifeline, link_id: UUID
) -> User:
    """The person with the address that the warning went to, which may have been changed since."""
    if purpose == "email_undo":
        email = await link_queries.value_of_link(tx, link_id)
        if email is None:
            raise LinkNotValid
    else:
        email = await link_queries.address_at(tx, user.id, link_id)
    if email is None or email == user.email:
        return user
    if await users.user_by_email(tx, email):
        raise EmailTaken
    before, after = {"email": user.email}, {"email": email}
    target = Target.user(user.id)
    await audit.record(tx, by, Action.EMAIL_RESTORED, target=target, before=before, after=after)
    wanted = replace(user, email=email, is_email_verified=True)
    return await user_handlers.save_changes(tx, user, wanted)

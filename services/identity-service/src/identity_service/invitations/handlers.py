"""Looking at an invitation and taking over the account it is for."""

from dataclasses import replace

from identity_service.audit import handlers as audit
from identity_service.audit.domain import Action, By, Target
from identity_service.invitations import queries
from identity_service.invitations.schemas import AcceptInvitation, InvitationOut
from identity_service.limits.domain import Visitor
from identity_service.links import handlers as links
from identity_service.passwords.domain import check_password
from identity_service.registrations.handlers import take_over
from identity_service.users import queries as users
from identity_service.users.domain import User
from shared.db import Tx
from shared.links import LinkKeys, LinkNotValid


async def show_invitation(connection: Tx, keys: LinkKeys, token: str) -> InvitationOut:
    """What the invitation is for; changes nothing, so that mail scanners may look too."""
    link_id, _ = await links.open_link(connection, keys, "invite", token)
    invitation = await queries.invitation_of_link(connection, link_id)
    if invitation is None:
        raise LinkNotValid
    return invitation


async def begin_acceptance(
    connection: Tx, keys: LinkKeys, command: AcceptInvitation, brand: str
) -> None:
    """Refuse a dead link or an easy password before the costly hash."""
    invitation = await show_invitation(connection, keys, command.token)
    names = (command.name or "", invitation.name, invitation.email, brand)
    check_password(command.password, names)


async def accept_invitation(
    tx: Tx, visitor: Visitor, keys: LinkKeys, command: AcceptInvitation, password_hash: str
) -> User:
    """Give the account its owner's password; the link proved the address."""
    link_id, owner = await links.open_link(tx, keys, "invite", command.token)
    user = await users.lock_user(tx, owner)
    if user is None or not user.is_active or user.is_email_verified:
        raise LinkNotValid
    await links.use_link(tx, link_id, "invite")
    await users.save_password_hash(tx, user.id, password_hash)
    by = By.owner(user.id, user.kind, visitor)
    await audit.record(tx, by, Action.INVITATION_ACCEPTED, target=Target.user(user.id))
    return await take_over(tx, user, replace(user, name=command.name or user.name))

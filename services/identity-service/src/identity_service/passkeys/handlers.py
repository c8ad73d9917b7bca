"""Making, naming and removing passkeys, and logging in with one."""

from typing import Any
from uuid import UUID

from identity_service.audit import handlers as audit
from identity_service.audit.domain import Action, By, Target
from identity_service.limits import handlers as limits
from identity_service.limits.domain import LOG_IN_FROM_NETWORK, Visitor
from identity_service.passkeys import domain, queries
from identity_service.passkeys.domain import (
    CHALLENGE_FOR,
    MAX_PASSKEYS,
    Passkey,
    PasskeyKnownAlready,
    PasskeyNotFound,
    PasskeyNotKnown,
    PasskeyNotValid,
    RelyingParty,
    TooManyPasskeys,
)
from identity_service.passkeys.schemas import AddPasskey, Credential
from identity_service.second_factor.handlers import tell
from identity_service.sessions.domain import AccountDeactivated, EmailNotVerified, SessionTimes
from identity_service.sessions.handlers import begin_session, own_id
from identity_service.sessions.schemas import SessionOut
from identity_service.users import queries as users
from identity_service.users.domain import User
from shared.auth import Actor
from shared.db import Tx
from shared.errors import Unauthenticated
from shared.ids import uuid7


async def offer_creation(tx: Tx, user: User, party: RelyingParty) -> dict[str, Any]:
    """What the owner's browser makes a passkey from."""
    known = await queries.credential_ids_of(tx, user.id)
    if len(known) >= MAX_PASSKEYS:
        raise TooManyPasskeys
    challenge = await _challenge(tx, user.id)
    return domain.creation_options(party, user.id, user.email, user.name, challenge, known)


async def add_passkey(
    tx: Tx, by: By, actor: Actor, command: AddPasskey, party: RelyingParty
) -> User:
    """Keep the passkey that the browser made for this challenge, and tell its owner."""
    user = await users.lock_user(tx, own_id(actor))
    if user is None or not user.is_active:
        raise Unauthenticated
    credential = command.credential.plain()
    challenge = domain.challenge_of(credential)
    if challenge is None or not await queries.use_challenge(
        tx, domain.challenge_hash(challenge), user.id
    ):
        raise PasskeyNotValid
    made = domain.made_key(party, credential, challenge)
    passkey_id = uuid7()
    if not await queries.insert_passkey(tx, passkey_id, user.id, command.name, made):
        raise PasskeyKnownAlready
    await audit.record(tx, by, Action.PASSKEY_ADDED, target=Target.user(user.id))
    return await tell(tx, user, "passkey_added")


async def rename_passkey(tx: Tx, actor: Actor, passkey_id: UUID, name: str) -> Passkey:
    """Call a passkey otherwise."""
    renamed = await queries.rename_passkey(tx, own_id(actor), passkey_id, name)
    if renamed is None:
        raise PasskeyNotFound
    return renamed


async def remove_passkey(tx: Tx, by: By, user: User, passkey_id: UUID) -> User:
    """Let a passkey open nothing any more."""
    if not await queries.delete_passkey(tx, user.id, passkey_id):
        raise PasskeyNotFound
    await audit.record(tx, by, Action.PASSKEY_REMOVED, target=Target.user(user.id))
    return await tell(tx, user, "passkey_removed")


async def offer_log_in(tx: Tx, visitor: Visitor, party: RelyingParty) -> dict[str, Any]:
    """What somebody's browser signs to log in; it says itself who that is."""
    await limits.count(tx, LOG_IN_FROM_NETWORK.of(visitor.network))
    return domain.request_options(party, await _challenge(tx, None))


async def log_in(
    tx: Tx, visitor: Visitor, given: Credential, party: RelyingParty, times: SessionTimes
) -> SessionOut:
    """Begin a session. Device and its lock are two factors, so no code is asked for."""
    credential = given.plain()
    challenge, named = domain.challenge_of(credential), domain.credential_id_of(credential)
    if challenge is None or named is None:
        raise PasskeyNotKnown
    if not await queries.use_challenge(tx, domain.challenge_hash(challenge), None):
        raise PasskeyNotKnown
    user = await _owner(tx, named)
    # Read once more under the owner's lock, so that of two answers at once one counts.
    key = await queries.key_by_credential(tx, named)
    if key is None or key.user_id != user.id:
        raise PasskeyNotKnown
    count = domain.count_after(party, credential, challenge, key)
    if not user.is_active:
        raise AccountDeactivated
    if not user.is_email_verified:
        raise EmailNotVerified
    await queries.note_use(tx, key.id, count)
    await limits.give_back(tx, LOG_IN_FROM_NETWORK.of(visitor.network))
    return await begin_session(tx, user, visitor, times)


async def _owner(tx: Tx, credential_id: bytes) -> User:
    key = await queries.key_by_credential(tx, credential_id)
    user = await users.lock_user(tx, key.user_id) if key else None
    if user is None:
        raise PasskeyNotKnown
    return user


async def _challenge(tx: Tx, user_id: UUID | None) -> bytes:
    challenge = domain.new_challenge()
    await queries.insert_challenge(tx, domain.challenge_hash(challenge), user_id, CHALLENGE_FOR)
    return challenge

"""Whoever is logged in shows that they own the account, before a way of getting in changes.

The routes that ask for it differ in what they do then; how it is asked for stands here.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from identity_service.audit.domain import Action, By, Target
from identity_service.audit.refusals import refusals_noted
from identity_service.dependencies import (
    AuditBy,
    Db,
    FromGateway,
    Passwords,
    Person,
    Safe,
    Times,
)
from identity_service.limits.domain import Visitor
from identity_service.passwords.hashing import PasswordHashes
from identity_service.profile.handlers import begin_only_session
from identity_service.second_factor import handlers
from identity_service.second_factor.domain import Claim, Compared
from identity_service.second_factor.schemas import ConfirmSecondFactor, Proof
from identity_service.sessions.domain import SessionTimes
from identity_service.sessions.schemas import SessionOut
from identity_service.users.domain import User
from identity_service.vault import Vault
from shared.auth import Actor
from shared.db import Database, Tx


@dataclass(frozen=True, slots=True)
class Owner:
    """The person who asks, and what their proof is held against."""

    actor: Actor
    by: By
    visitor: Visitor
    db: Database
    passwords: PasswordHashes
    vault: Vault
    times: SessionTimes

    @asynccontextmanager
    async def proven(self, proof: Proof) -> AsyncIterator[tuple[Tx, User]]:
        """A transaction with the owner, locked; raises where the password or the code is wrong."""
        compared = await self.compared(proof)
        async with self.change() as tx:
            yield tx, await self.accept(tx, compared)

    async def compared(self, proof: Proof | ConfirmSecondFactor) -> Compared:
        """Count the try and compare, with no connection held while hashing."""
        async with self.db.transaction() as tx:
            claim = await handlers.begin_proof(tx, self.actor, proof.code)
        return await compared_claim(self.db, self.passwords, claim, proof.current_password)

    @asynccontextmanager
    async def change(self) -> AsyncIterator[Tx]:
        """A transaction; where it is refused, that is written down."""
        async with self._noted(), self.db.transaction() as tx:
            yield tx

    async def accept(self, tx: Tx, compared: Compared) -> User:
        """The owner, locked; raises where the password or the code was wrong."""
        return await handlers.accept_proof(tx, self.by, self.vault, self.actor, compared)

    async def begin_again(self, tx: Tx, user: User) -> SessionOut:
        """End every session of theirs and begin the one to go on with."""
        return await begin_only_session(tx, user, self.visitor, self.times)

    def _noted(self) -> AbstractAsyncContextManager[None]:
        target = Target.user(self.actor.id)
        return refusals_noted(self.db, self.by, Action.CREDENTIAL_REFUSED, target)


async def compared_claim(
    db: Database, passwords: PasswordHashes, claim: Claim, password: str
) -> Compared:
    """Compare the password, and only where it is right the code, which is counted first."""
    verdict = await passwords.verify(password, claim.password_hash)
    if not verdict.is_right:
        return Compared(claim, is_password_right=False, is_recovery_code_right=False)
    async with db.transaction() as tx:
        await handlers.count_code(tx, claim)
    is_code_right = await handlers.compare_code(passwords, claim.tried)
    return Compared(claim, is_password_right=True, is_recovery_code_right=is_code_right)


async def _owner(
    actor: Person,
    by: AuditBy,
    visitor: FromGateway,
    db: Db,
    passwords: Passwords,
    vault: Safe,
    times: Times,
) -> Owner:
    return Owner(actor, by, visitor, db, passwords, vault, times)


AskingOwner = Annotated[Owner, Depends(_owner)]

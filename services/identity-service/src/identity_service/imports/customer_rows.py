"""Rows of customers. Whoever has taken over their account keeps what they say about themselves."""

from collections.abc import Sequence
from dataclasses import replace

from identity_service.audit import handlers as audit
from identity_service.audit.domain import Action, By, Target, before_and_after
from identity_service.imports.domain import Import
from identity_service.imports.outcomes import Numbered, Outcome, first_ones, must_be_all
from identity_service.imports.rows import CustomerRow
from identity_service.links import handlers as links
from identity_service.links import queries as link_queries
from identity_service.roles.domain import CUSTOMER
from identity_service.users import queries
from identity_service.users.domain import EmailTaken, User, changes
from shared import outbox
from shared.db import Tx
from shared.errors import FieldError
from shared.events.identity import UserRegistered, UserUpdated
from shared.ids import uuid7
from shared.tracing import present_cause

_STAFF = FieldError("/email", "This is the address of an employee.", "staff")
_KEPT = FieldError("/email", EmailTaken.title(), "email_taken")


async def write_customers(tx: Tx, job: Import, by: By, time_zone: str, rows: Numbered) -> Outcome:
    """Make, change and invite these customers, or in a dry run only say what would be."""
    outcome = Outcome()
    wanted = await first_ones(tx, job, rows, outcome)
    asked = [(n, row) for n, row in wanted if isinstance(row, CustomerRow)]
    known = await queries.lock_users_with_emails(tx, [row.email for _, row in asked])
    unknown = [row.email for _, row in asked if row.email not in known]
    kept = await link_queries.kept_for_their_owners(tx, unknown)
    new: list[User] = []
    edited: list[tuple[User, User]] = []
    waiting: list[User] = []
    for number, row in asked:
        before = known.get(row.email)
        if row.email in kept:
            outcome.refuse(number, "email", row.email, _KEPT)
        elif before is None:
            new.append(_new(row, time_zone))
        elif before.kind != "customer":
            outcome.refuse(number, "email", row.email, _STAFF)
        else:
            after = _edited(row, before) if job.updates else before
            if after == before:
                outcome.unchanged += 1
            else:
                edited.append((before, replace(after, version=before.version + 1)))
            if before.is_active and not before.is_email_verified:
                waiting.append(after)
    outcome.created, outcome.updated = len(new), len(edited)
    invited = await _uninvited(tx, new, waiting) if job.invites else []
    outcome.invited = len(invited)
    if not job.is_dry_run:
        await _make(tx, new)
        await _change(tx, by, edited)
        await links.issue_links(tx, invited, "invite")
    return outcome


async def _make(tx: Tx, new: Sequence[User]) -> None:
    if not new:
        return
    must_be_all(await queries.insert_users(tx, new), new)
    cause = present_cause()
    await outbox.add_all(
        tx, [(user.id, user.version, UserRegistered(user=user.facts()), cause) for user in new]
    )


async def _change(tx: Tx, by: By, edited: Sequence[tuple[User, User]]) -> None:
    if not edited:
        return
    await queries.save_contacts(tx, [after for _, after in edited])
    cause = present_cause()
    await outbox.add_all(
        tx,
        [
            (
                after.id,
                after.version,
                UserUpdated(user=after.facts(), changes=changes(before, after)),
                cause,
            )
            for before, after in edited
        ],
    )
    told = [
        (Target.user(after.id), before_and_after(changes(before, after)))
        for before, after in edited
    ]
    await audit.record_all(tx, by, Action.USER_EDITED, told)


async def _uninvited(tx: Tx, new: Sequence[User], waiting: Sequence[User]) -> list[User]:
    """Those who have no account of their own yet and no invitation that they could still accept."""
    invited = await link_queries.owners_of_open_links(tx, [u.id for u in waiting], "invite")
    return [*new, *(user for user in waiting if user.id not in invited)]


def _new(row: CustomerRow, time_zone: str) -> User:
    return User(
        id=uuid7(),
        version=1,
        kind="customer",
        role=CUSTOMER,
        name=row.name,
        email=row.email,
        phone=row.phone,
        language=row.language or "id",
        time_zone=time_zone,
        team_ids=(),
        is_active=True,
        is_email_verified=False,
    )


def _edited(row: CustomerRow, before: User) -> User:
    if before.is_email_verified:
        return before
    return replace(
        before,
        name=row.name,
        phone=row.phone or before.phone,
        language=row.language or before.language,
    )

"""Composes identity-service."""

from pathlib import Path

from fastapi import FastAPI

from identity_service import worker
from identity_service.api_keys.routes import router as api_keys
from identity_service.areas.routes import router as areas
from identity_service.audit import clock as audit_clock
from identity_service.audit.routes import router as audit
from identity_service.avatars.routes import MAX_UPLOAD_BYTES
from identity_service.avatars.routes import router as avatars
from identity_service.company_accounts.routes import router as company_accounts
from identity_service.email_changes.routes import router as email_changes
from identity_service.erasure.routes import router as erasure
from identity_service.exports.routes import router as exports
from identity_service.impersonation.routes import router as impersonation
from identity_service.imports.routes import MAX_UPLOAD_BYTES as MAX_IMPORT_BYTES
from identity_service.imports.routes import router as imports
from identity_service.invitations.routes import router as invitations
from identity_service.lines.routes import router as lines
from identity_service.organisations.routes import router as organisations
from identity_service.own_data.routes import router as own_data
from identity_service.passkeys.routes import router as passkeys
from identity_service.phone_changes.routes import router as phone_changes
from identity_service.profile.routes import router as profile
from identity_service.recoveries.routes import router as recoveries
from identity_service.registrations.routes import router as registrations
from identity_service.resets.routes import router as resets
from identity_service.roles.routes import router as roles
from identity_service.second_factor.routes import router as second_factor
from identity_service.sessions.routes import router as sessions
from identity_service.settings import IdentitySettings, settings_of
from identity_service.teams.routes import router as teams
from identity_service.unsubscriptions.routes import router as unsubscriptions
from identity_service.users.routes import router as users
from shared.events import identity as events
from shared.files import Files
from shared.links import LinkKeys
from shared.service import Process, Service


def _prepare(app: FastAPI, process: Process) -> None:
    settings = settings_of(process)
    app.state.passwords = settings.passwords()
    app.state.session_times = settings.session_times()
    app.state.vault = settings.vault()
    app.state.company_login = settings.company_login()
    app.state.relying_party = settings.relying_party()
    app.state.staff_second_factor = settings.staff_demand()
    app.state.files = Files.at(settings.files_url)
    app.state.link_keys = LinkKeys.parse(settings.link_keys)
    app.state.even_answer_seconds = settings.even_answer_seconds
    app.state.brand, app.state.time_zone = settings.brand_name, settings.time_zone


SERVICE = Service(
    name="identity-service",
    settings=IdentitySettings,
    routers=(
        sessions,
        second_factor,
        passkeys,
        company_accounts,
        registrations,
        resets,
        unsubscriptions,
        recoveries,
        phone_changes,
        email_changes,
        invitations,
        profile,
        avatars,
        users,
        roles,
        api_keys,
        erasure,
        own_data,
        audit,
        teams,
        organisations,
        impersonation,
        areas,
        lines,
        imports,
        exports,
    ),
    events=events.CONTRACTS,
    worker=worker.WORKER,
    migrations=Path(__file__).parents[2] / "migrations",
    snapshots=worker.SNAPSHOTS,
    prepare=_prepare,
    body_limits={"/me/avatar": MAX_UPLOAD_BYTES, "/imports": MAX_IMPORT_BYTES},
    append_only=("audit_entry", "audit_seal"),
    after_migrate=worker.create_roles,
    commands={"audit-verify": audit_clock.verify, "seed": worker.seed},
)

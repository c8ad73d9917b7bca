"""Settings of identity-service, from environment variables that start with `IDENTITY_`."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator
from pydantic_settings import SettingsConfigDict

from identity_service.company_accounts.clients import Provider, must_be_safe
from identity_service.passkeys.domain import RelyingParty
from identity_service.passwords.hashing import PasswordHashes
from identity_service.second_factor.domain import Demand
from identity_service.sessions.domain import SessionTimes
from identity_service.vault import Vault
from shared.service import Process
from shared.settings import ServiceSettings

_OWASP_MINIMUM_KIB = 19_456
_OWASP_MINIMUM_TIME_COST = 2


class IdentitySettings(ServiceSettings):
    """What only identity-service needs to know.

    Argon2id defaults to OWASP's first choice for small machines (19 MiB, 2 passes, 1 lane): a hash
    takes some 20 ms of one core, so a log-in is cheap beside the other work of the process, while
    every guess costs the same. Raising them later re-hashes each password at its next log-in.
    Durations are ISO 8601 (`P14D`, `PT12H`) or seconds.
    """

    model_config = SettingsConfigDict(
        env_prefix="IDENTITY_", frozen=True, extra="ignore", populate_by_name=True
    )

    port: int = 8101
    link_keys: str = Field(validation_alias="LINK_KEYS")
    files_url: str = Field(
        validation_alias="FILES_URL",
        description="Where pictures lie: file:///folder, or s3://bucket/prefix with AWS_… variables.",
    )
    argon2_memory_kib: int = Field(_OWASP_MINIMUM_KIB, ge=8)
    argon2_time_cost: int = Field(_OWASP_MINIMUM_TIME_COST, ge=1)
    argon2_parallelism: int = Field(1, ge=1)
    parallel_hashes: int = Field(max(1, (os.cpu_count() or 2) // 2), ge=1)
    waiting_hashes: int = Field(
        100, ge=1, description="Hashes that may wait for their turn before people are told 503."
    )
    even_answer_seconds: float = Field(
        0.4,
        ge=0,
        description="Least time of answers that must not tell known addresses from unknown ones.",
    )
    customer_session_idle: timedelta = timedelta(days=14)
    customer_session_lifetime: timedelta = timedelta(days=90)
    staff_session_idle: timedelta = timedelta(hours=12)
    staff_session_lifetime: timedelta = timedelta(hours=24)
    vault_keys: str = Field(
        description="Keys that seal the secrets of second factors, written like LINK_KEYS."
    )
    staff_second_factor: Demand | Literal[""] = Field(
        "",
        validation_alias="STAFF_SECOND_FACTOR",
        description="required: staff without a second factor must set one up before anything else; "
        "optional: they are only asked to. Empty: optional in the demo, else required.",
    )

    oidc_issuer: str = Field(
        "",
        validation_alias="OIDC_ISSUER",
        description="A provider of OpenID Connect whose accounts people may log in with, such as "
        "https://login.example.com; empty: none. It sends browsers back to "
        "PUBLIC_URL/login/company/return.",
    )
    oidc_client_id: str = Field("", validation_alias="OIDC_CLIENT_ID")
    oidc_client_secret_file: str = Field("", validation_alias="OIDC_CLIENT_SECRET_FILE")

    @model_validator(mode="after")
    def _provider_is_safe(self) -> Self:
        if self.oidc_issuer:
            must_be_safe(self.oidc_issuer)
            if not (self.oidc_client_id and self.oidc_client_secret_file and self.oidc_name):
                raise ValueError(
                    "OIDC_ISSUER wants OIDC_CLIENT_ID, OIDC_CLIENT_SECRET_FILE and OIDC_NAME"
                )
        return self

    @model_validator(mode="after")
    def _hashes_well_in_production(self) -> Self:
        is_weak = (
            self.argon2_memory_kib < _OWASP_MINIMUM_KIB
            or self.argon2_time_cost < _OWASP_MINIMUM_TIME_COST
        )
        if self.environment == "production" and is_weak:
            raise ValueError("Argon2 below OWASP's minimum (19456 KiB, 2 passes) is for tests only")
        return self

    def passwords(self) -> PasswordHashes:
        """The hashes as these settings want them."""
        return PasswordHashes(
            memory_kib=self.argon2_memory_kib,
            time_cost=self.argon2_time_cost,
            parallelism=self.argon2_parallelism,
            at_once=self.parallel_hashes,
            waiting=self.waiting_hashes,
        )

    def staff_demand(self) -> Demand:
        """Whether staff need a second factor."""
        return self.staff_second_factor or (
            "required" if self.environment == "production" else "optional"
        )

    def relying_party(self) -> RelyingParty:
        """Whom passkeys are made for: the portal at its public address."""
        parts = urlsplit(self.public_url)
        origin = f"{parts.scheme}://{parts.netloc}".lower()
        return RelyingParty(parts.hostname or "", self.brand_name, origin)

    def company_login(self) -> Provider | None:
        """The provider of company accounts, if there is one."""
        if not self.oidc_issuer:
            return None
        return Provider(
            issuer=self.oidc_issuer,
            name=self.oidc_name,
            client_id=self.oidc_client_id,
            client_secret=Path(self.oidc_client_secret_file).read_text().strip(),
            redirect_uri=self.public_url.rstrip("/") + "/login/company/return",
        )

    def vault(self) -> Vault:
        """What seals the secrets that must be read again."""
        return Vault.parse(self.vault_keys)

    def session_times(self) -> SessionTimes:
        """How long sessions last."""
        return SessionTimes(
            customer_idle=self.customer_session_idle,
            customer_lifetime=self.customer_session_lifetime,
            staff_idle=self.staff_session_idle,
            staff_lifetime=self.staff_session_lifetime,
        )


def settings_of(process: Process) -> IdentitySettings:
    """The settings of a process of this service."""
    if not isinstance(process.settings, IdentitySettings):
        raise TypeError("not a process of identity-service")
    return process.settings

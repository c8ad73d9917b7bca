"""Settings of notify-service, from environment variables that start with `NOTIFY_`."""

import re

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from notify_service.clients import SmtpAddress
from notify_service.intents.domain import Policy
from notify_service.intents.messages import Mailer
from notify_service.intents.sender import Pace
from shared.settings import ServiceSettings

_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")


class NotifySettings(ServiceSettings):
    """What only notify-service needs to know."""

    model_config = SettingsConfigDict(
        env_prefix="NOTIFY_", frozen=True, extra="ignore", populate_by_name=True
    )

    port: int = 8103
    link_keys: str = Field(validation_alias="LINK_KEYS")
    smtp_url: str = Field(description="smtp://[user:password@]host:port or smtps://…")
    mail_from: str = Field(description="The sender: an address, or Name <address>.")
    phone_mail_domain: str = Field(
        "",
        description="The domain of a service that makes short messages of mails to <number>@<domain>; "
        "without one, numbers cannot be proven.",
    )
    smtp_connections: int = Field(8, ge=1, le=100)
    smtp_timeout_seconds: float = Field(60.0, gt=0, description="For each answer of the server.")
    poll_seconds: float = Field(0.5, gt=0)
    lease_seconds: float = Field(
        10.0, gt=0, description="After so long without a sign of life a sender is thought dead."
    )
    retry_scale: float = Field(
        1.0, gt=0, description="Shortens every wait of the schedule, for tests."
    )
    give_up_hours: float = Field(72.0, gt=0)
    join_seconds: float = Field(60.0, ge=0, description="How long quick further news are held.")
    new_tickets_at_once: int = Field(
        5, ge=1, description="Mails about new tickets to one person before they are joined."
    )
    unverified_mails_per_day: int = Field(3, ge=1)

    @field_validator("smtp_url")
    @classmethod
    def _is_a_mail_server(cls, value: str) -> str:
        SmtpAddress.parse(value)
        return value

    @field_validator("mail_from")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        Mailer.parse(value, "")
        return value

    @field_validator("phone_mail_domain")
    @classmethod
    def _is_a_domain(cls, value: str) -> str:
        if value and not _DOMAIN.fullmatch(value):
            raise ValueError("NOTIFY_PHONE_MAIL_DOMAIN: give a domain, such as sms.example.com")
        return value

    @property
    def policy(self) -> Policy:
        """How intents are made."""
        return Policy(
            join_seconds=self.join_seconds,
            new_tickets_at_once=self.new_tickets_at_once,
            give_up_seconds=self.give_up_hours * 3600 * self.retry_scale,
            unverified_mails_per_day=self.unverified_mails_per_day,
        )

    @property
    def pace(self) -> Pace:
        """How messages are sent."""
        return Pace(
            connections=self.smtp_connections,
            poll_seconds=self.poll_seconds,
            lease_seconds=self.lease_seconds,
            retry_scale=self.retry_scale,
        )

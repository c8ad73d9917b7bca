"""Settings that every process shares; each service adds its own under its prefix."""

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class CommonSettings(BaseSettings):
    """What all processes read, from unprefixed environment variables."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    environment: Literal["demo", "production"] = Field("demo", validation_alias="ENVIRONMENT")
    log_format: Literal["json", "console"] = Field("json", validation_alias="LOG_FORMAT")
    log_level: str = Field("info", validation_alias="LOG_LEVEL")
    redis_url: str = Field("redis://localhost:6379/0", validation_alias="REDIS_URL")
    public_url: str = Field("http://localhost:8000", validation_alias="PUBLIC_URL")
    time_zone: str = Field("Asia/Jakarta", validation_alias="TIME_ZONE")
    brand_name: str = Field("PadiNET", validation_alias="BRAND_NAME")
    oidc_name: str = Field(
        "",
        validation_alias="OIDC_NAME",
        description="How people call the provider of company accounts; empty: there is none.",
    )
    brand_colour: str = Field(
        "", validation_alias="BRAND_COLOUR", description="Such as #0b6b5c; empty: our green."
    )
    brand_logo: str = Field(
        "", validation_alias="BRAND_LOGO", description="A file: SVG, PNG or WebP, square."
    )
    support_phone: str = Field("", validation_alias="SUPPORT_PHONE")
    support_whatsapp: str = Field("", validation_alias="SUPPORT_WHATSAPP")
    support_hours: str = Field(
        "",
        validation_alias="SUPPORT_HOURS",
        description="Such as 1-6 08:00-20:00, Monday to Saturday; 00:00-24:00 is always.",
    )
    stop_delay: float = Field(
        0.0,
        validation_alias="STOP_DELAY",
        description="Seconds between readiness 503 and closing the port, for load balancers.",
    )


class ServiceSettings(CommonSettings):
    """What a service with a database and a broker reads besides."""

    database_url: str
    database_owner_url: str = Field(
        "",
        description="The same database as the role that owns its tables. Only `migrate` needs it, and "
        "refuses to run without; no other process should have it.",
    )
    host: str = "127.0.0.1"
    port: int
    pool_size: int = 10
    kafka_bootstrap_servers: str = Field(
        "localhost:9092", validation_alias="KAFKA_BOOTSTRAP_SERVERS"
    )
    kafka_instance: str | None = Field(
        None,
        validation_alias="KAFKA_INSTANCE",
        description="A name that this process keeps over restarts and shares with no other: after a "
        "crash it gets its partitions back at once, without waiting for the old session to end.",
    )
    kafka_session_seconds: float = Field(10.0, validation_alias="KAFKA_SESSION_SECONDS")
    token_jwks_file: str = Field(validation_alias="TOKEN_JWKS_FILE")
    relay_lease_seconds: float = Field(10.0, validation_alias="RELAY_LEASE_SECONDS")
    relay_poll_seconds: float = Field(0.1, validation_alias="RELAY_POLL_SECONDS")
    gap_grace_seconds: float = Field(
        30.0,
        validation_alias="GAP_GRACE_SECONDS",
        description="How long after the noted end offsets were passed a gap is given up.",
    )

"""What the gateway reads from its environment, under `GATEWAY_`."""

from typing import Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from shared.settings import CommonSettings

MIN_SECRET_LENGTH = 32


class GatewaySettings(CommonSettings):
    """Ports, keys, where the services are, and how much one caller may ask."""

    model_config = SettingsConfigDict(
        env_prefix="GATEWAY_", frozen=True, extra="ignore", populate_by_name=True
    )

    host: str = "127.0.0.1"
    port: int = 8000
    ops_port: int = 8001
    token_key_file: str = Field(description="Private Ed25519 JWK with a kid; signs service tokens.")
    secret: SecretStr = Field(description="At least 32 characters; keys the form tokens.")
    identity_url: str = "http://127.0.0.1:8101"
    ticket_url: str = "http://127.0.0.1:8102"
    notify_url: str = "http://127.0.0.1:8103"
    analytics_url: str = "http://127.0.0.1:8104"
    trusted_proxies: str = Field("", description="Networks whose X-Forwarded-For is believed.")
    calls_per_minute: int = Field(12_000, description="API calls of one person or API client.")
    stranger_calls_per_minute: int = Field(
        1_200, description="API calls and forms of one address without a login."
    )

    @model_validator(mode="after")
    def _secret_is_long_enough(self) -> Self:
        if len(self.secret.get_secret_value()) < MIN_SECRET_LENGTH:
            raise ValueError(f"GATEWAY_SECRET needs at least {MIN_SECRET_LENGTH} characters")
        return self

"""Settings of ticket-service, from environment variables that start with `TICKET_`."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class TicketSettings(ServiceSettings):
    """What only ticket-service needs to know."""

    model_config = SettingsConfigDict(
        env_prefix="TICKET_", frozen=True, extra="ignore", populate_by_name=True
    )

    port: int = 8102
    link_keys: str = Field(validation_alias="LINK_KEYS")
    files_url: str = Field(
        validation_alias="FILES_URL",
        description="Where photos lie: file:///folder, or s3://bucket/prefix with AWS_… variables.",
    )

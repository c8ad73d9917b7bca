"""Settings of analytics-service, from environment variables that start with `ANALYTICS_`."""

from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class AnalyticsSettings(ServiceSettings):
    """What only analytics-service needs to know."""

    model_config = SettingsConfigDict(
        env_prefix="ANALYTICS_", frozen=True, extra="ignore", populate_by_name=True
    )

    port: int = 8104

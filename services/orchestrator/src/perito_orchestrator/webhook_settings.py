"""Settings of webhooks: what the parts take, and how a process reads it from the environment. Durations are seconds."""

from dataclasses import dataclass, field
from pathlib import Path

from perito_runtime.settings import read_secret
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from perito_orchestrator.webhook_patience import Patience


@dataclass(frozen=True)
class WebhookSettings:
    """`secret` seals those of webhooks (see `Sealing`); without one nothing is delivered. `networks` are those of
    `Targets`, `authority` that of `Sender`, a path or empty. `seconds` bounds a try, which keeps its delivery from
    others for `hold_seconds` more; ended deliveries are kept for `log_days`; the others are those of `Patience`.
    """

    secret: str = field(default="", repr=False)
    networks: tuple[str, ...] = ()
    authority: str = ""
    seconds: float = 10.0
    hold_seconds: float = 30.0
    retry_seconds: float = 5.0
    give_up_seconds: float = 86_400.0
    disable_seconds: float = 432_000.0
    log_days: float = 30.0

    @property
    def patience(self) -> Patience:
        """When a try is followed by another."""
        return Patience(
            retry_seconds=self.retry_seconds,
            give_up_seconds=self.give_up_seconds,
            disable_seconds=self.disable_seconds,
        )


_DEFAULTS = WebhookSettings()


class WebhookProcessSettings(BaseSettings):
    """What the orchestrator has for webhooks. Each field is read from `PERITO_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="PERITO_", extra="ignore", frozen=True)

    webhook_secret_file: Path | None = Field(
        default=None,
        description="File with the secret that seals the secrets of webhooks, the same for every orchestrator; without"
        " it there are no webhooks. Two, by a blank: the first seals, both open",
    )
    webhook_allowed_networks: str = Field(
        default="",
        description="Private networks that webhooks may lead to, by blanks: 10.1.0.0/16 fd12::/48. There http is"
        " allowed, too",
    )
    webhook_authority: Path | None = Field(
        default=None, description="Certificates (PEM) of an authority of your own, for receivers inside"
    )
    webhook_seconds: float = Field(
        default=_DEFAULTS.seconds, gt=0, le=60, description="The most time for one try to deliver to a webhook"
    )
    webhook_retry_seconds: float = Field(
        default=_DEFAULTS.retry_seconds,
        gt=0,
        description="Pause after a try that failed, three times as long after each further one, at most two hours",
    )
    webhook_give_up_seconds: float = Field(
        default=_DEFAULTS.give_up_seconds, gt=0, description="So long after its first try a delivery is given up"
    )
    webhook_disable_seconds: float = Field(
        default=_DEFAULTS.disable_seconds,
        gt=0,
        description="A webhook that took nothing for so long is disabled",
    )
    webhook_log_days: float = Field(
        default=_DEFAULTS.log_days, gt=0, description="How many days ended deliveries can be looked at and sent again"
    )

    def webhooks(self, hold_seconds: float) -> WebhookSettings:
        """As the parts take them. Raises `Invalid` SETTINGS_INVALID where the secret cannot be read."""
        path = self.webhook_secret_file
        return WebhookSettings(
            secret="" if path is None else read_secret(path, "PERITO_WEBHOOK_SECRET_FILE"),
            networks=tuple(self.webhook_allowed_networks.split()),
            authority=str(self.webhook_authority or ""),
            seconds=self.webhook_seconds,
            hold_seconds=hold_seconds,
            retry_seconds=self.webhook_retry_seconds,
            give_up_seconds=self.webhook_give_up_seconds,
            disable_seconds=self.webhook_disable_seconds,
            log_days=self.webhook_log_days,
        )

"""How a sandbox carrier is set up, and what of it can be changed while it runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class SandboxOptions:
    """What is fixed for the life of one sandbox. Durations are seconds.

    The same `supply_seed` always has the same numbers to offer.

    `platform_rate` is how many requests a second the older platform takes for each resource, 0 for
    any number. `port` 0 takes any free port. `state_path` None keeps everything in memory; a path
    names a SQLite file that keeps orders, LOA files, webhook subscriptions and the older platform's
    numbers over restarts.
    """

    host: str = "127.0.0.1"
    port: int = 0
    account_id: str = "9900001"
    username: str = "sandbox"
    password: str = "sandbox-password"  # noqa: S105 - a published sample, nothing to protect
    client_id: str = "sandbox-client"
    client_secret: str = "sandbox-secret"  # noqa: S105 - a published sample as well
    platform_user_id: str = "u-sandbox"
    platform_token: str = "t-sandbox"  # noqa: S105 - and these
    platform_secret: str = "sandbox-platform-secret"  # noqa: S105
    token_seconds: int = 3600
    processing_seconds: float = 2.0
    lost_after_seconds: float = 10.0
    supply_seed: int = 1
    reservation_seconds: float = 4 * 3600
    platform_rate: float = 0.0
    platform_latency_seconds: float = 0.0
    state_path: Path | None = None
    webhook_timeout: float = 10.0


@dataclass
class WebhookHabits:
    """How badly webhooks are delivered: three chances from 0 to 1, and a delay in seconds."""

    lose: float = 0.0
    double: float = 0.0
    reorder: float = 0.0
    delay_seconds: float = 0.0


@dataclass
class LiveSettings:
    """What `POST /_sandbox/settings` can change; it holds for orders and webhooks that follow."""

    processing_seconds: float
    lost_after_seconds: float
    platform_rate: float = 0.0
    platform_latency_seconds: float = 0.0
    webhooks: WebhookHabits = field(default_factory=WebhookHabits)

    def change(self, wanted: dict[str, object]) -> None:
        """Take over the named values; ValueError (and no change) when one is not understood."""
        seconds = {"processing_seconds", "lost_after_seconds"}
        seconds |= {"platform_rate", "platform_latency_seconds"}
        changes: dict[str, float] = {}
        habits: dict[str, float] = {}
        for name, value in wanted.items():
            if name in seconds:
                changes[name] = _at_least_zero(name, value)
            elif name == "webhooks" and isinstance(value, dict):
                habits = {str(key): _habit(str(key), item) for key, item in value.items()}
            else:
                raise ValueError(f"unknown setting {name}")
        for name, number in changes.items():
            setattr(self, name, number)
        for name, number in habits.items():
            setattr(self.webhooks, name, number)


def _habit(name: str, value: object) -> float:
    if name not in WebhookHabits.__dataclass_fields__:
        raise ValueError(f"unknown webhook setting {name}")
    number = _at_least_zero(name, value)
    if name != "delay_seconds" and number > 1:
        raise ValueError(f"{name} is a chance from 0 to 1")
    return number


def _at_least_zero(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
        raise ValueError(f"{name} must be a number, zero or more")
    return float(value)

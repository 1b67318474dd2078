"""What the older platform (V1) is asked with and what it has, as plain frozen records."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from carrier.credentials import spellings


@dataclass(frozen=True)
class DashboardAccount:
    """The account that numbers are imported from, and a user of the dashboard who may do so."""

    account_id: str
    username: str
    password: str = field(repr=False)

    @cached_property
    def secrets(self) -> tuple[str, ...]:
        """The password in every form in which an answer could repeat it."""
        return spellings(self.password)


@dataclass(frozen=True)
class PlatformNumber:
    """A telephone number on the older platform; only its id and itself are sure to be there.

    The number is E.164 where it can be read as such, and otherwise as the platform wrote it.
    `number_state` is the platform's own word: enabled, or released.
    """

    platform_id: str
    e164: str
    name: str = ""
    application_id: str = ""
    city: str = ""
    state: str = ""
    number_state: str = ""
    created_at: datetime | None = None

    @property
    def is_released(self) -> bool:
        """Whether it was given up, and is shown still."""
        return self.number_state.lower() == "released"

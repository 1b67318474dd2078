"""Imports to the older platform: asking for them, and what became of them on both sides."""

from __future__ import annotations

from accounts.models import User
from carrier import platform
from carrier.sandbox import Sandbox
from numbering.domain import platform_import
from numbering.models import BulkAction
from numbering.platform_link import dashboard_account, get_platform
from numbering.worker import run_once
from tests import builders


def asked(support: User, count: int = 5, **choices: str) -> BulkAction:
    """Ask for the import of so many fresh numbers."""
    return platform_import.start(builders.fresh_numbers(count), actor=support, **choices)


def worked(action: BulkAction) -> BulkAction:
    """Let the worker do what is due."""
    run_once()
    action.refresh_from_db()
    return action


def posts(sandbox: Sandbox, action: BulkAction) -> dict[str, tuple[int, int]]:
    """Give how often each number's import was asked for, and done, at the platform."""
    ours = set(action.rows.values_list("e164", flat=True))
    return {
        seen.telephone_number: (seen.posts, seen.imports)
        for seen in sandbox.platform_numbers()
        if seen.telephone_number in ours
    }


def sent_by_a_worker_that_died(e164: str) -> None:
    """Have a number imported of which nobody hears any more."""
    platform.import_number(
        get_platform(),
        telephone_number=e164,
        name="",
        application_id="",
        account=dashboard_account(),
    )


def results(action: BulkAction) -> list[str]:
    """Give the state of each row, in order."""
    return list(action.rows.order_by("pk").values_list("state", flat=True))

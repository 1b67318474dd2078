"""manage.py counts: how everything stands, as JSON. Nothing that was kept is missing from it."""

import json
from typing import Any

from django.core.management.base import BaseCommand

from numbering.domain.counts import count_everything


class Command(BaseCommand):
    """Prints one JSON object; *kept = done + open + parked = all* holds in every part."""

    help = "Prints orders, webhooks, jobs and attempts by state, as JSON."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Count and print."""
        self.stdout.write(json.dumps(count_everything(), indent=2, sort_keys=True))

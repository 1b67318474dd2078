"""manage.py evidence: is the chain of evidence whole?"""

import json
from typing import Any

from django.core.management.base import BaseCommand

from numbering.domain import evidence


class Command(BaseCommand):
    """Prints one JSON object with the chain's end and its faults; ends with 1 when there are any.

    Keep the printed digest somewhere else: who rewrites the whole chain cannot rewrite that.
    """

    help = "Checks the chain of evidence from its first entry to its end."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Check and print."""
        found = evidence.faults()
        head = evidence.end_of_chain()
        verdict = {"entries": head.position, "digest": head.digest, "faults": found}
        self.stdout.write(json.dumps(verdict, indent=2))
        if found:
            raise SystemExit(1)

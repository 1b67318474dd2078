"""manage.py worker: do the background work."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from numbering.worker import Worker, run_once


class Command(BaseCommand):
    """Runs due jobs; several workers may run side by side."""

    help = "Submits orders, applies webhooks, sweeps open orders, uploads LOAs."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add --once."""
        parser.add_argument("--once", action="store_true", help="Do what is due now, then stop.")

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        """Run the worker."""
        if once:
            self.stdout.write(f"{run_once()} jobs run.")
            return
        self.stdout.write("The worker is running; Ctrl-C stops it.")
        Worker().run()
        self.stdout.write("The worker has stopped.")

"""manage.py sandbox: a carrier of our own on this machine."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from carrier.sandbox import SandboxOptions, serve


class Command(BaseCommand):
    """Runs the sandbox carrier; see docs/sandbox.md."""

    help = "Runs a carrier on this machine that speaks Bandwidth's wire, to try the portal with."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the address, the delays and the file that keeps the state."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8010)
        parser.add_argument(
            "--processing-seconds", type=float, default=4.0, help="How long an order takes."
        )
        parser.add_argument("--lost-after-seconds", type=float, default=30.0)
        parser.add_argument(
            "--state", type=Path, default=None, help="A file that keeps orders over a restart."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until Ctrl-C."""
        serve(
            SandboxOptions(
                host=options["host"],
                port=options["port"],
                processing_seconds=options["processing_seconds"],
                lost_after_seconds=options["lost_after_seconds"],
                state_path=options["state"],
            )
        )

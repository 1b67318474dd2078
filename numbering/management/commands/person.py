"""manage.py person: what is held under an e-mail address, as a copy, or erased on request."""

import json
import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from numbering.domain import erasure
from numbering.domain.cannot_do import CannotDo


class Command(BaseCommand):
    """Writes a copy of everything first; erasing prints what was erased and what is kept."""

    help = "Copies, and on request erases, what is held under a person's e-mail address."

    def add_arguments(self, parser: CommandParser) -> None:
        """An address, and what to do."""
        parser.add_argument("email")
        parser.add_argument("--copy", metavar="FILE", help="write a copy as JSON to a new file")
        parser.add_argument("--erase", action="store_true", help="erase what may be erased")

    def handle(self, *args: Any, **options: Any) -> None:
        """Copy, then erase."""
        if not options["copy"] and not options["erase"]:
            raise CommandError("Say --copy FILE, --erase, or both.")
        if options["copy"]:
            _write(options["copy"], erasure.copy_of(options["email"]))
            self.stdout.write(f"The copy is in {options['copy']}.")
        if options["erase"]:
            try:
                done = erasure.erase(options["email"])
            except CannotDo as error:
                raise CommandError(str(error)) from error
            self.stdout.write(json.dumps(done, indent=2))


def _write(path: str, copy: dict[str, Any]) -> None:
    try:
        # For the eyes of whoever runs this alone, and never over another file.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise CommandError(f"The copy cannot be written: {error.strerror}.") from error
    with open(descriptor, "w", encoding="utf-8") as target:
        json.dump(copy, target, indent=2, ensure_ascii=False)

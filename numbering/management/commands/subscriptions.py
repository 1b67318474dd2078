"""manage.py subscriptions: are the webhook subscriptions at the carrier right?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from carrier.errors import CarrierError
from numbering.carrier_link import CarrierNotConfigured, in_words
from numbering.domain import doctor, subscriptions
from numbering.wording import counted


class Command(BaseCommand):
    """Lists and checks; repairs on request. Ends with 1 when something is wrong."""

    help = "Lists the webhook subscriptions, says what is wrong with them, and repairs them."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add --repair and --renew."""
        parser.add_argument("--repair", action="store_true", help="Put right what is wrong.")
        parser.add_argument(
            "--renew",
            action="store_true",
            help="Put right what is wrong and replace the rest, with the present credentials, "
            "address and expiry: for a changed webhook password.",
        )

    def handle(self, *args: Any, repair: bool, renew: bool, **options: Any) -> None:
        """Show, repair if asked to, and show what is left."""
        try:
            if repair or renew:
                for sentence in doctor.repair(actor=None, renew=renew):
                    self.stdout.write(sentence)
            diagnosis = subscriptions.diagnose()
        except (CarrierError, CarrierNotConfigured) as error:
            raise CommandError(in_words(error)) from error
        for one in diagnosis.subscriptions:
            self.stdout.write(
                f"{one.subscription_id}  {one.order_type or one.event_type}  {one.url}  "
                f"{one.expiry_seconds} s left  last: {one.status_text}"
            )
        for finding in diagnosis.findings:
            self.stdout.write(f"! {finding}")
        silence = doctor.silence(diagnosis)
        if silence:
            self.stdout.write(f"! {silence}")
        if wrong := len(diagnosis.findings) + bool(silence):
            raise CommandError(f"{counted(wrong, 'thing')} to put right.")
        self.stdout.write("All is well.")

"""The app for the portal's main job: numbers, orders, LOAs and the carrier's webhooks."""

from django.apps import AppConfig


class NumberingConfig(AppConfig):
    """Numbering; labelled `numbers` so that tables and permissions read well."""

    name = "numbering"
    label = "numbers"
    verbose_name = "Telephone numbers"

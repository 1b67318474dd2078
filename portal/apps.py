"""The app that holds the settings, the front page and the start-up checks."""

from django.apps import AppConfig
from django.core.checks import register

from portal.checks import check_lock, check_settings


class PortalConfig(AppConfig):
    """Registers the checks that `manage.py check` and every other command run."""

    name = "portal"

    def ready(self) -> None:
        """Register the checks."""
        register(check_settings)
        register(check_lock, deploy=True)

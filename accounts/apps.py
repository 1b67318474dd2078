"""The app for people: who they are and what they may do."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People, roles and rights."""

    name = "accounts"
    verbose_name = "People"

"""Django's handle on the app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """App accounts."""

    name = "accounts"
    verbose_name = "Konton"

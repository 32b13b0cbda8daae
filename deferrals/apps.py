"""Django's handle on the app."""

from django.apps import AppConfig


class DeferralsConfig(AppConfig):
    """App deferrals."""

    name = "deferrals"
    verbose_name = "Uppskov"

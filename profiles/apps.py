"""Django's handle on the app."""

from django.apps import AppConfig


class ProfilesConfig(AppConfig):
    """App profiles."""

    name = "profiles"
    verbose_name = "Enheter och behörigheter"

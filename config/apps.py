"""Django's handle on the composition root (its commands, template tags and checks)."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """App config."""

    name = "config"
    verbose_name = "Portalen"

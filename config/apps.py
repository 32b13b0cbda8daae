"""Django's handle on the composition root (its commands, template tags and checks)."""

import importlib

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """App config."""

    name = "config"
    verbose_name = "Portalen"

    def ready(self) -> None:
        """Enter the system checks."""
        importlib.import_module("config.checks")  # it needs the models, which now are there

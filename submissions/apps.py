"""Django's handle on the app."""

from django.apps import AppConfig


class SubmissionsConfig(AppConfig):
    """App submissions."""

    name = "submissions"
    verbose_name = "Inlämning"

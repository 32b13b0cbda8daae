"""Django's handle on the app."""

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    """App messaging."""

    name = "messaging"
    verbose_name = "Meddelanden"

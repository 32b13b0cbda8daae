"""`python -m config.safe_start`: in production nothing serves while a setting is unsafe. One line a fault, exit status 1.

gunicorn asks before it opens its port (config/gunicorn.conf.py), manage.py before it starts the worker. The web server
asks in a process of its own: what the master imports it would hand to every child, and polars hangs after a fork.
"""

from __future__ import annotations

import os
import sys

import django
from django.conf import settings
from django.core.checks import WARNING, run_checks
from django.core.exceptions import ImproperlyConfigured


def faults() -> list[str]:
    """One line for each fault that the checks find, silenced ones left out."""
    found = [message for message in run_checks(include_deployment_checks=True) if not message.is_silenced()]
    return [
        " ".join(f"{message.id}: {message.msg} {message.hint or ''}".split()) for message in found if message.level >= WARNING
    ]


def refuse_unsafe() -> None:
    """End the process with the faults on standard error, in production; elsewhere do nothing.

    Raises SystemExit, and lets ImproperlyConfigured of the settings through: its sentence is the fault.
    """
    if settings.PRODUCTION:
        django.setup()
        if found := faults():
            sys.exit("\n".join(["Portalen startar inte. Det här måste rättas:", *found]))


def main() -> None:
    """What gunicorn runs."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        refuse_unsafe()
    except ImproperlyConfigured as problem:
        sys.exit(str(problem))


if __name__ == "__main__":
    main()

#!/usr/bin/env python
"""Django's command line. Without DATABASE_URL it uses the portal under var/ that bin/run keeps (config.local)."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if not {"DATABASE_URL", "DATABASE_URL_FILE"} & set(os.environ) and os.environ.get("PORTAL_ENV", "local") == "local":
        from config import local

        local.attach()
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from config import safe_start

    try:
        if {"procrastinate", "worker"} <= set(sys.argv):
            safe_start.refuse_unsafe()
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as problem:  # the settings say in a sentence what is missing
        sys.exit(str(problem))

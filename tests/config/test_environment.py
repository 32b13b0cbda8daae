"""Every environment variable that the portal reads is described in .env.example, and nothing else is."""

from __future__ import annotations

import re

from django.conf import settings

READ = re.compile(r"""(?:\benv\.\w+|os\.environ\.get|secret)\(\s*"([A-Z_]+)\"""")
DESCRIBED = re.compile(r"^#? ?([A-Z_]+?)(?:_FILE)?=", re.MULTILINE)
READERS = ("config/settings.py", "config/gunicorn.conf.py", "config/probe.py")


def test_the_example_names_exactly_the_variables_that_are_read() -> None:
    read = {name for reader in READERS for name in READ.findall((settings.BASE_DIR / reader).read_text(encoding="utf-8"))}
    described = set(DESCRIBED.findall((settings.BASE_DIR / ".env.example").read_text(encoding="utf-8")))
    assert read == described

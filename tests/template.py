"""The empty database with every table, made once for a state of the migrations; each run of the tests copies it.

It stays in the cluster under a name that tells the migrations apart, for the second process, the browser's stories and the next run.
"""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.backends.utils import CursorWrapper

PREFIX, AT_MOST = "test_template_", 4
PACKAGES = ("django", "procrastinate")  # whose migrations may be more than their files
LOCK = 2026_11_16  # of the cluster: one makes the template, the others wait for it


def use_template() -> None:
    """Let Django make the test database as a copy of the template, which is made if there is none."""
    test: dict[str, Any] = connection.settings_dict["TEST"]
    name = PREFIX + _digest()
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        if name not in _templates(cursor):
            _make(test, name)
            for old in _templates(cursor)[:-AT_MOST]:
                cursor.execute(f"DROP DATABASE IF EXISTS {old}")
        cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
    test["TEMPLATE"] = name


def _digest() -> str:
    """Changes with any migration, ours or a package's."""
    found = hashlib.sha256(repr([version(name) for name in PACKAGES]).encode())
    for app in sorted(apps.get_app_configs(), key=lambda app: app.label):
        for file in sorted(Path(app.path).glob("migrations/*.py")):
            found.update(f"{app.label}/{file.name}".encode() + file.read_bytes())
    return found.hexdigest()[:16]


def _templates(cursor: CursorWrapper) -> list[str]:
    """Those there are, the oldest first."""
    cursor.execute("SELECT datname FROM pg_database WHERE datname ~ %s ORDER BY oid", [f"^{PREFIX}[0-9a-f]{{16}}$"])
    return [name for (name,) in cursor.fetchall()]


def _make(test: dict[str, Any], name: str) -> None:
    """Migrate a database under another name, which nobody takes for a whole one if we are killed, and rename it."""
    ours, own_name = connection.settings_dict["NAME"], test["NAME"]
    test["NAME"] = f"{name}_unfinished"
    try:
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    finally:
        connection.close()
        test["NAME"], connection.settings_dict["NAME"], settings.DATABASES["default"]["NAME"] = own_name, ours, ours
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {name}_unfinished RENAME TO {name}")

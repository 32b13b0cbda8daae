"""DRIFT-01: the checks are silent about the production settings, and each setting broken once gives exactly its fault."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings

from accounts.hashers import BoundedArgon2PasswordHasher
from config import checks
from config.lib import signatures
from config.local.lint import PRODUCTION

SAFE: dict[str, Any] = {
    "SECURE_HSTS_SECONDS": 63_072_000,
    "SECURE_SSL_REDIRECT": True,
    "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
    "PASSWORD_HASHERS": ["accounts.hashers.BoundedArgon2PasswordHasher"],
    "ALLOWED_HOSTS": ["personalstatistik.skr.se"],
    "PORTAL_BASE_URL": "https://personalstatistik.skr.se",
    "TRUSTED_PROXY_COUNT": 1,
    "SMTP_URL": "smtps://portal:hemligt@smtp.example:465",
    "DATABASES": {"default": {"ENGINE": "django.db.backends.postgresql", "OPTIONS": {"sslmode": "verify-full"}}},
}
"""Where production differs from the tests' settings."""


def csp(**changes: list[str]) -> dict[str, list[str]]:
    """The content policy with directives changed (default_src=…)."""
    return {**settings.SECURE_CSP, **{name.replace("_", "-"): sources for name, sources in changes.items()}}


def database(**changes: Any) -> dict[str, Any]:
    """The database with something changed."""
    return {"default": {**SAFE["DATABASES"]["default"], **changes}}


ORDER = list(settings.MIDDLEWARE)
BROKEN: list[tuple[int, str, Any]] = [
    (1, "SESSION_COOKIE_NAME", "sessionid"),
    (1, "CSRF_COOKIE_NAME", "csrftoken"),
    (1, "DEVICE_COOKIE_NAME", "__Secure-device"),
    (2, "SESSION_COOKIE_SECURE", False),
    (2, "CSRF_COOKIE_SECURE", False),
    (3, "SESSION_COOKIE_HTTPONLY", False),
    (3, "CSRF_COOKIE_HTTPONLY", False),
    (4, "SESSION_COOKIE_SAMESITE", "None"),
    (4, "CSRF_COOKIE_SAMESITE", "Lax"),
    (5, "SESSION_COOKIE_DOMAIN", "skr.se"),
    (5, "CSRF_COOKIE_PATH", "/konto/"),
    (6, "SESSION_COOKIE_AGE", 1_209_600),
    (6, "SESSION_EXPIRE_AT_BROWSER_CLOSE", False),
    (6, "SESSION_SAVE_EVERY_REQUEST", True),
    (7, "SESSION_ENGINE", "django.contrib.sessions.backends.signed_cookies"),
    (7, "SESSION_SERIALIZER", "django.contrib.sessions.serializers.PickleSerializer"),
    (8, "MESSAGE_STORAGE", "django.contrib.messages.storage.fallback.FallbackStorage"),
    (9, "SIGNED_COOKIE_LEGACY_SALT_FALLBACK", True),
    (10, "CSRF_TRUSTED_ORIGINS", ["https://annan.example"]),
    (11, "SECURE_CSP", csp(default_src=["'self'"])),
    (12, "SECURE_CSP", csp(script_src=["'self'", "'unsafe-inline'"])),
    (12, "SECURE_CSP", csp(style_src=["'self'", "'unsafe-hashes'"])),
    (12, "SECURE_CSP", csp(script_src=["'self'", "https://cdn.example"])),
    (12, "SECURE_CSP", csp(connect_src=["*"])),
    (12, "SECURE_CSP", csp(script_src=["'self'", "data:"])),
    (13, "SECURE_CSP", csp(frame_ancestors=["'self'"])),
    (13, "SECURE_CSP", csp(base_uri=["'self'"])),
    (13, "SECURE_CSP", csp(object_src=["'self'"])),
    (14, "SECURE_CSP", csp(form_action=["'self'", "'none'"])),
    (15, "SECURE_CSP", csp(report_uri=[])),
    (16, "SECURE_HSTS_SECONDS", 3_600),
    (17, "SECURE_SSL_REDIRECT", False),
    (17, "SECURE_REDIRECT_EXEMPT", ["^healthz$"]),
    (18, "SECURE_PROXY_SSL_HEADER", None),
    (19, "SECURE_REFERRER_POLICY", "unsafe-url"),
    (19, "X_FRAME_OPTIONS", "SAMEORIGIN"),
    (19, "SECURE_CONTENT_TYPE_NOSNIFF", False),
    (19, "SECURE_CROSS_ORIGIN_OPENER_POLICY", "unsafe-none"),
    (20, "PASSWORD_HASHERS", ["django.contrib.auth.hashers.Argon2PasswordHasher"]),
    (20, "PASSWORD_HASHERS", [*SAFE["PASSWORD_HASHERS"], "django.contrib.auth.hashers.MD5PasswordHasher"]),
    (22, "AUTHENTICATION_BACKENDS", ["django.contrib.auth.backends.AllowAllUsersModelBackend"]),
    *(
        (24, "INSTALLED_APPS", [*settings.INSTALLED_APPS, f"django_otp.plugins.{plugin}"])
        for plugin in ("otp_totp", "otp_static", "otp_email")
    ),
    (25, "MIDDLEWARE", [name for name in ORDER if name != "accounts.middleware.RequireVerified"]),
    (25, "MIDDLEWARE", [*ORDER[:9], ORDER[10], ORDER[9], *ORDER[11:]]),
    (26, "ALLOWED_HOSTS", ["personalstatistik.skr.se", "*"]),
    (26, "ALLOWED_HOSTS", ["personalstatistik.skr.se", ".skr.se"]),
    (26, "ALLOWED_HOSTS", ["personalstatistik.skr.se", ""]),
    (27, "PORTAL_BASE_URL", "http://personalstatistik.skr.se"),
    (27, "PORTAL_BASE_URL", "https://personalstatistik.skr.se/portal"),
    (28, "PORTAL_BASE_URL", "https://annan.example"),
    (29, "TRUSTED_PROXY_COUNT", 0),
    (30, "DEBUG", True),
    (31, "DEMO", True),
    (32, "SILENCED_SYSTEM_CHECKS", ["security.W005", "portal.E030"]),
    (33, "DATABASES", database(OPTIONS={})),
    (33, "DATABASES", database(OPTIONS={"sslmode": "require"})),
    (33, "DATABASES", database(ENGINE="django.db.backends.sqlite3")),
    (34, "DATABASES", database(ATOMIC_REQUESTS=True)),
    (35, "EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend"),
    (36, "SMTP_URL", ""),
    (36, "SMTP_URL", "smtp-plain://smtp.example:25"),
    (36, "SMTP_URL", "smtp://smtp.example:587?tls=none"),
    (36, "SMTP_URL", "smtps://:465"),
    (37, "EMAIL_TIMEOUT", None),
    (37, "EMAIL_TIMEOUT", 600),
    (38, "DATA_UPLOAD_MAX_MEMORY_SIZE", None),
    (38, "FILE_UPLOAD_MAX_MEMORY_SIZE", 100_000_000),
    (38, "DATA_UPLOAD_MAX_NUMBER_FIELDS", 10_000),
    (38, "DATA_UPLOAD_MAX_NUMBER_FILES", 1_000),
    (39, "FILE_UPLOAD_HANDLERS", ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]),
    (39, "UPLOAD_MAX_BYTES", 10**12),
    (40, "SECRET_KEY", "kort"),
    (40, "SECRET_KEY", "a" * 60),
    (40, "SECRET_KEY_FALLBACKS", ["kort"]),
    (41, "HMAC_KEY", settings.FIELD_KEYS[1]),
    (41, "FIELD_KEYS", {1: settings.FIELD_KEYS[1], 2: settings.FIELD_KEYS[1]}),
    (41, "SECRET_KEY_FALLBACKS", [settings.SECRET_KEY]),
    (41, "RECEIPT_KEY", settings.FIELD_KEYS[1]),
    (42, "RECEIPT_KEY", b"kort"),
    (42, "RECEIPT_PUBLIC_KEYS", (settings.RECEIPT_KEY,)),
    (42, "RECEIPT_PUBLIC_KEYS", (signatures.public_key(settings.RECEIPT_KEY),)),
    (44, "WEB_THREADS", 5),
    (43, "METRICS_TOKEN", "kort"),
    (43, "METRICS_TOKEN", "a" * 60),
    (43, "METRICS_TOKEN", "abcdefghijklmnopqrstuvwxyz med mellanslag"),
]
BROKEN_BY_OTHER_MEANS = {21, 23}


@pytest.fixture
def _safe(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in production."""
    for name, value in SAFE.items():
        monkeypatch.setattr(settings, name, value)


def found() -> list[str]:
    """The ids of the faults."""
    return [fault.id for fault in checks.portal_is_safe()]


def test_drift_01_the_production_settings_are_clean() -> None:
    environment = {"PATH": os.environ["PATH"], **PRODUCTION}
    command = [sys.executable, "-W", "ignore::RuntimeWarning", "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    ended = subprocess.run(command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.usefixtures("_safe")
def test_drift_01_what_the_table_starts_from_is_clean() -> None:
    assert found() == []


@pytest.mark.asvs("3.4.1", "12.2.1", "12.3.1", "12.3.2", "12.3.4")
@pytest.mark.usefixtures("_safe")
@pytest.mark.parametrize(("number", "name", "value"), BROKEN)
def test_drift_01_each_setting_broken_once_gives_its_fault_alone(
    monkeypatch: pytest.MonkeyPatch, number: int, name: str, value: Any
) -> None:
    monkeypatch.setattr(settings, name, value)
    assert found() == [f"portal.E{number:03d}"]


@pytest.mark.usefixtures("_safe")
@pytest.mark.asvs("11.4.2")
@pytest.mark.parametrize(
    ("memory", "rounds", "threads", "is_enough"),
    [
        (102_400, 2, 8, True),
        (48_128, 1, 1, True),
        (19_456, 2, 1, True),
        (47_103, 1, 1, False),
        (19_455, 2, 1, False),
        (102_400, 2, 0, False),
    ],
)
def test_drift_01_a_weaker_hash_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, memory: int, rounds: int, threads: int, is_enough: bool
) -> None:
    monkeypatch.setattr(BoundedArgon2PasswordHasher, "memory_cost", memory)
    monkeypatch.setattr(BoundedArgon2PasswordHasher, "time_cost", rounds)
    monkeypatch.setattr(BoundedArgon2PasswordHasher, "parallelism", threads)
    assert found() == ([] if is_enough else ["portal.E021"])


@pytest.mark.usefixtures("_safe")
@pytest.mark.parametrize(
    ("release", "is_enough"), [("1.7.5", True), ("1.7.10", True), ("2.0", True), ("1.7.4", False), ("1.7", False)]
)
def test_drift_01_an_older_django_otp_is_a_fault(monkeypatch: pytest.MonkeyPatch, release: str, is_enough: bool) -> None:
    monkeypatch.setattr(checks, "version", lambda _name: release)
    assert found() == ([] if is_enough else ["portal.E023"])


def test_drift_01_every_rule_is_broken_once_and_tells_how_to_mend_it() -> None:
    numbers = [int(rule.id.removeprefix("portal.E")) for rule in checks.RULES]
    assert numbers == list(range(1, len(checks.RULES) + 1))
    assert {number for number, _, _ in BROKEN} | BROKEN_BY_OTHER_MEANS == set(numbers)
    for rule in checks.RULES:
        assert rule.sentence.endswith(".")
        assert rule.hint.endswith(".")


def test_drift_01_the_order_of_the_middleware_is_the_one_that_runs() -> None:
    assert list(checks.MIDDLEWARE) == settings.MIDDLEWARE

"""Settings of the tests: the production settings with keys of no worth and a cheaper password hash."""

# ruff: noqa: F403, F405, E402
import base64
import json
import logging
import os

os.environ.setdefault("PORTAL_ENV", "test")
os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "x" * 50)
os.environ.setdefault("FIELD_KEYS", json.dumps({"1": base64.b64encode(b"f" * 32).decode()}))
os.environ.setdefault("HMAC_KEY", base64.b64encode(b"h" * 32).decode())
os.environ.setdefault("RECEIPT_KEY", base64.b64encode(bytes(range(32))).decode())
os.environ.setdefault("ALLOWED_HOSTS", "testserver,localhost,127.0.0.1")
os.environ.setdefault("PORTAL_BASE_URL", "https://testserver")
os.environ.setdefault("LOG_LEVEL", "INFO")

from config.settings import *
from tests.guards.templates import UndefinedVariable

DATABASES["default"]["CONN_MAX_AGE"] = 0
DATABASES["default"]["TEST"] = {"NAME": os.environ.get("TEST_DB_NAME", "test_personalstatistik")}
PASSWORD_HASHERS = ["tests.hashers.CheapArgon2PasswordHasher"]
TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = UndefinedVariable("%s")
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True  # static files from where they lie, not collected
logging.getLogger().handlers.clear()  # pytest shows the records of a failed test itself

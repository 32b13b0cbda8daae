"""Settings: the only reader of the environment. Production is the default; bin/run sets PORTAL_ENV=local, tests `test`.

Every variable is described in .env.example. Sources of the security settings: docs/sakerhet (headers, cookies, hashing).
"""

from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

from config import logs
from config.lib import keys, scan

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

PORTAL_ENV = env.str("PORTAL_ENV", "production")
if PORTAL_ENV not in {"production", "local", "test"}:
    raise ImproperlyConfigured("PORTAL_ENV ska vara production, local eller test.")
PRODUCTION = PORTAL_ENV == "production"
DEBUG = env.bool("DEBUG", False)
DEMO = env.bool("DEMO", False)
if PRODUCTION and (DEBUG or DEMO):
    raise ImproperlyConfigured("DEBUG och DEMO får inte vara på i produktion.")


def needed(name: str) -> str:
    """The variable `name`, or a sentence that says that it is missing."""
    value = str(env.str(name, ""))
    if not value:
        raise ImproperlyConfigured(f"Miljövariabeln {name} saknas. Se .env.example.")
    return value


def whole_number(name: str, default: int) -> int:
    """The variable `name` as a whole number of at least 0."""
    value = env.str(name, "") or str(default)
    if not (value.isascii() and value.isdigit()):
        raise ImproperlyConfigured(f"Miljövariabeln {name} ska vara ett heltal.")
    return int(value)


SECRET_FILES: list[str] = []
"""Where the secrets lie that came from files: no backup is put beside them."""


def secret(name: str, *, is_needed: bool = True) -> str:
    """The secret `name` from the environment, or from the file that `name_FILE` names (one secret a file, 0600)."""
    path = env.str(f"{name}_FILE", "")
    if path:
        SECRET_FILES.append(path)
        return keys.read_secret_file(name, path, may_be_empty=not is_needed)
    return needed(name) if is_needed else str(env.str(name, ""))


SECRET_KEY = secret("SECRET_KEY")
SECRET_KEY_FALLBACKS = secret("SECRET_KEY_FALLBACKS", is_needed=False).replace(",", " ").split()
FIELD_KEYS = keys.decode_field_keys("FIELD_KEYS", secret("FIELD_KEYS"))
FIELD_KEY_ACTIVE = whole_number("FIELD_KEY_ACTIVE", max(FIELD_KEYS))
HMAC_KEY = keys.decode_key("HMAC_KEY", secret("HMAC_KEY"))
RECEIPT_KEY = keys.decode_seed("RECEIPT_KEY", secret("RECEIPT_KEY"))
RECEIPT_PUBLIC_KEYS = keys.decode_public_keys("RECEIPT_PUBLIC_KEYS", env.str("RECEIPT_PUBLIC_KEYS", ""))
if FIELD_KEY_ACTIVE not in FIELD_KEYS:
    raise ImproperlyConfigured("FIELD_KEY_ACTIVE är inget av numren i FIELD_KEYS.")

PORTAL_BASE_URL = env.str("PORTAL_BASE_URL", "https://personalstatistik.skr.se").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["personalstatistik.skr.se"])
WEB_THREADS = whole_number("WEB_THREADS", 8)  # of each web process; config/gunicorn.conf.py reads the same
TRUSTED_PROXY_COUNT = whole_number("TRUSTED_PROXY_COUNT", 1 if PRODUCTION else 0)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.admin",
    "django.forms",
    "django_otp",
    "django_htmx",
    "procrastinate.contrib.django",
    "config",
    "accounts",
    "profiles",
    "messaging",
    "submissions",
    "deferrals",
]

MIDDLEWARE = [
    "config.middleware.RequestContext",
    "config.middleware.SecurityHeaders",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "accounts.middleware.SessionAge",
    "accounts.middleware.RequireVerified",
    "accounts.middleware.NoticeGate",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.viewing.Gate",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["config.templatetags.ui", "config.templatetags.sv"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context_processors.portal",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

DATABASES = {"default": env.db_url_config(secret("DATABASE_URL"))}
DATABASES["default"]["ATOMIC_REQUESTS"] = False
DATABASES["default"]["CONN_MAX_AGE"] = whole_number("CONN_MAX_AGE", 60)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 10)  # else a page waits for ever
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.Backend"]
PASSWORD_HASHERS = ["accounts.hashers.BoundedArgon2PasswordHasher"]
LOGIN_URL = "accounts:start"
LOGIN_REDIRECT_URL = "start"

RUNNING_YEAR = "submissions.services.collections.running_year"  # messaging lies below the app that has the collections
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_AGE = 8 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_FAILURE_VIEW = "config.views.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SIGNED_COOKIE_LEGACY_SALT_FALLBACK = False  # the salt of before 5.2.19 let one cookie's value pass as another's
if PORTAL_ENV == "local":  # plain http on this machine: a browser accepts no Secure cookie there
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME, DEVICE_COOKIE_NAME = "session", "csrf", "device"
else:
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME, DEVICE_COOKIE_NAME = "__Host-session", "__Host-csrf", "__Host-device"
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True

SECURE_CSP = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'", "data:"],
    "font-src": ["'self'"],
    "connect-src": ["'self'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
    "base-uri": ["'none'"],
    "object-src": ["'none'"],
    "report-uri": ["/csp-rapport/"],
}
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if PRODUCTION:
    SECURE_HSTS_SECONDS = 63072000
    SECURE_SSL_REDIRECT = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]  # HSTS for the own host only, no preload

DATA_UPLOAD_MAX_MEMORY_SIZE = FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
DATA_UPLOAD_MAX_NUMBER_FILES = 100  # config.lib.uploads stops before Django does, so that the form can say so
FILE_UPLOAD_HANDLERS = ["config.lib.uploads.CappedMemoryUploadHandler"]  # never to disk
UPLOAD_MAX_BYTES = 100_000_000
CLAMD_URL = env.str("CLAMD_URL", "")  # tcp://host:port or unix:/path; empty: files are not scanned
try:
    scan.endpoint_of(CLAMD_URL)
except ValueError as error:
    raise ImproperlyConfigured(str(error)) from None

METRICS_TOKEN = secret("METRICS_TOKEN", is_needed=False)  # who may read /metrics; empty: nobody, the address is not there

MAIL_TEXTS = "messaging.letters.written"  # config.lib lies below the app that has the texts
EMAIL_BACKEND = "messaging.outbox.OutboxBackend"
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "Personalstatistik <personalstatistik@skr.se>")
SMTP_URL = secret(
    "SMTP_URL", is_needed=False
)  # smtps://user:password@host:465; empty: mail stays in the outbox, marked sent in the demo
EMAIL_TIMEOUT = 10

LANGUAGE_CODE = "sv"
TIME_ZONE = "Europe/Stockholm"
USE_I18N = True
USE_TZ = True
FORMAT_MODULE_PATH = ["config.formats"]

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_ALLOW_ALL_ORIGINS = False  # no other site has a use for our files
STATIC_ROOT = env.path("STATIC_ROOT", str(BASE_DIR / "var" / "static"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},  # files are rows; nothing is written to a disk
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEBUG or PORTAL_ENV == "test"
            else "config.static_files.JoiningStorage"
        )
    },
}

LOGGING_CONFIG = None
LOGGING = logs.config(env.str("LOG_LEVEL", "INFO"))
logs.configure(LOGGING)

"""System checks: an unsafe setting is a fault with an id, one sentence and a hint, and stops web and worker in production.

`manage.py check --deploy` runs them beside Django's own; `config.start` runs them before anything serves. One rule is one
function that is True while the setting is as the security note, section 8, demands. Ids are never used again.
Source: DRIFT-01; ASVS 3.3, 3.4, 6.2, 11.4.2, 13.4.2.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from accounts import hashers, limits
from accounts.hashers import BoundedArgon2PasswordHasher
from config.lib import signatures

ENVIRONMENT = "Sätts i miljön, se .env.example."
CODE = "Står i config/settings.py. Ställ tillbaka raden."

COOKIE_NAMES = ("__Host-session", "__Host-csrf", "__Host-device")
ALLOWED_SOURCES = {"'none'", "'self'"}
TWO_YEARS = 63_072_000
OWASP_ARGON2ID = ((47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5))  # KiB and rounds, one thread or more
SECRET_KEY_LENGTH = 50
MEGABYTE = 1_000_000
OTP_AT_LEAST = (1, 7, 5)  # before it an unconfirmed device kept a session verified
MIDDLEWARE = (
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
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One demand: its id, what is wrong when it does not hold, how to mend it, and the test."""

    id: str
    sentence: str
    hint: str
    holds: Callable[[], bool]


RULES: list[Rule] = []


def rule(number: int, sentence: str, hint: str = CODE) -> Callable[[Callable[[], bool]], Callable[[], bool]]:
    """Enter the function as the rule `portal.E<number>`."""

    def enter(holds: Callable[[], bool]) -> Callable[[], bool]:
        RULES.append(Rule(f"portal.E{number:03d}", sentence, hint, holds))
        return holds

    return enter


@register(Tags.security, deploy=True)
def portal_is_safe(app_configs: Any = None, **_: object) -> list[CheckMessage]:
    """An Error for each rule that does not hold. A setting that is gone or of the wrong kind does not hold either."""
    return [Error(rule.sentence, hint=rule.hint, id=rule.id) for rule in RULES if not _holds(rule)]


def _holds(rule: Rule) -> bool:
    try:
        return rule.holds()
    except (AttributeError, TypeError, ValueError, LookupError):
        return False


def _all_are(value: object, *names: str) -> bool:
    return all(getattr(settings, name) == value for name in names)


# Cookies and sessions


@rule(1, "Kakorna ska heta __Host-session, __Host-csrf och __Host-device.")
def cookie_names() -> bool:
    return COOKIE_NAMES == (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, settings.DEVICE_COOKIE_NAME)


@rule(2, "Kakorna ska bara skickas över https (Secure).")
def cookies_are_secure() -> bool:
    return _all_are(True, "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE")


@rule(3, "Skript ska inte kunna läsa kakorna (HttpOnly).")
def cookies_are_hidden_from_scripts() -> bool:
    return _all_are(True, "SESSION_COOKIE_HTTPONLY", "CSRF_COOKIE_HTTPONLY")


@rule(4, "Sessionskakan ska ha SameSite=Lax och formulärkakan SameSite=Strict.")
def cookies_stay_on_the_site() -> bool:
    return (settings.SESSION_COOKIE_SAMESITE, settings.CSRF_COOKIE_SAMESITE) == ("Lax", "Strict")


@rule(5, "Kakorna ska gälla bara den egna värden och hela den (Path=/, ingen Domain).")
def cookies_are_bound_to_the_host() -> bool:
    return _all_are("/", "SESSION_COOKIE_PATH", "CSRF_COOKIE_PATH") and _all_are(
        None, "SESSION_COOKIE_DOMAIN", "CSRF_COOKIE_DOMAIN"
    )


@rule(6, "Sessionen ska ta slut när webbläsaren stängs, och senast efter tiden i accounts/limits.py.")
def sessions_end() -> bool:
    return (
        limits.SESSION_ABSOLUTE.total_seconds() == settings.SESSION_COOKIE_AGE
        and settings.SESSION_EXPIRE_AT_BROWSER_CLOSE is True
        and settings.SESSION_SAVE_EVERY_REQUEST is False
    )


@rule(7, "Sessioner ska lagras av accounts.sessions, som JSON.")
def session_engine() -> bool:
    is_json = settings.SESSION_SERIALIZER == "django.contrib.sessions.serializers.JSONSerializer"
    return is_json and settings.SESSION_ENGINE == "accounts.sessions"


@rule(8, "Besked mellan sidor ska ligga i sessionen, inte i en kaka.")
def messages_lie_in_the_session() -> bool:
    return settings.MESSAGE_STORAGE == "django.contrib.messages.storage.session.SessionStorage"


@rule(9, "En signerad kaka ska inte godtas under en annan kakas namn (SIGNED_COOKIE_LEGACY_SALT_FALLBACK).")
def signed_cookies_keep_their_names() -> bool:
    return settings.SIGNED_COOKIE_LEGACY_SALT_FALLBACK is False


@rule(10, "Ingen annan webbplats ska få skicka formulär hit (CSRF_TRUSTED_ORIGINS).")
def no_foreign_origins() -> bool:
    return list(settings.CSRF_TRUSTED_ORIGINS) == []


# Headers


@rule(11, "Innehållspolicyn ska börja med att förbjuda allt (default-src 'none').")
def policy_forbids_first() -> bool:
    return settings.SECURE_CSP["default-src"] == ["'none'"]


@rule(12, "Innehållspolicyn ska bara tillåta det egna ('self'), aldrig unsafe, andra värdar eller *.")
def policy_allows_only_our_own() -> bool:
    extra = {"img-src": {"data:"}, "report-uri": {"/csp-rapport/"}}
    return all(
        set(sources) <= ALLOWED_SOURCES | extra.get(directive, set()) for directive, sources in settings.SECURE_CSP.items()
    )


@rule(13, "Innehållspolicyn ska förbjuda inramning, base och inbäddade objekt.")
def policy_forbids_frames() -> bool:
    return all(settings.SECURE_CSP[name] == ["'none'"] for name in ("frame-ancestors", "base-uri", "object-src"))


@rule(14, "Innehållspolicyn ska låta formulär gå bara till portalen (form-action 'self').")
def policy_keeps_forms_at_home() -> bool:
    return settings.SECURE_CSP["form-action"] == ["'self'"]


@rule(15, "Innehållspolicyn ska be webbläsaren rapportera till /csp-rapport/.")
def policy_is_reported() -> bool:
    return settings.SECURE_CSP["report-uri"] == ["/csp-rapport/"]


@rule(16, "HSTS ska gälla i minst två år.")
def hsts_lasts() -> bool:
    return settings.SECURE_HSTS_SECONDS >= TWO_YEARS


@rule(17, "Anrop över http ska skickas vidare till https, alla.")
def http_is_redirected() -> bool:
    return settings.SECURE_SSL_REDIRECT is True and list(settings.SECURE_REDIRECT_EXEMPT) == []


@rule(18, "Portalen ska läsa av X-Forwarded-Proto att proxyn tog emot anropet över https.")
def proxy_tells_of_https() -> bool:
    return settings.SECURE_PROXY_SSL_HEADER == ("HTTP_X_FORWARDED_PROTO", "https")


@rule(19, "Svaren ska ha Referrer-Policy same-origin, X-Frame-Options DENY, nosniff och egen fönstergrupp (COOP).")
def constant_headers() -> bool:
    return (
        settings.SECURE_REFERRER_POLICY == "same-origin"
        and settings.X_FRAME_OPTIONS == "DENY"
        and settings.SECURE_CONTENT_TYPE_NOSNIFF is True
        and settings.SECURE_CROSS_ORIGIN_OPENER_POLICY == "same-origin"
    )


# Accounts


@rule(20, "Lösenord ska hashas bara med Argon2id med begränsad samtidighet.")
def only_bounded_argon2() -> bool:
    return settings.PASSWORD_HASHERS == ["accounts.hashers.BoundedArgon2PasswordHasher"]


@rule(21, "Argon2id ska ha minst OWASP:s minne och varv.", "Står i accounts/hashers.py. Höj memory_cost eller time_cost.")
def argon2_is_strong() -> bool:
    hasher = BoundedArgon2PasswordHasher
    return hasher.parallelism >= 1 and any(
        hasher.memory_cost >= memory and hasher.time_cost >= rounds for memory, rounds in OWASP_ARGON2ID
    )


@rule(22, "Inloggning ska prövas bara av accounts.backends, som tar lika lång tid för okända adresser.")
def only_our_backend() -> bool:
    return settings.AUTHENTICATION_BACKENDS == ["accounts.backends.Backend"]


@rule(23, "django-otp ska vara 1.7.5 eller senare.", "Installera paketen i requirements/base.txt.")
def otp_is_mended() -> bool:
    return tuple(int(part) for part in re.findall(r"\d+", version("django-otp"))[:3]) >= OTP_AT_LEAST


@rule(24, "django-otps egna tillägg ska inte vara installerade: de lagrar nycklar i klartext.")
def no_otp_plugins() -> bool:
    return not any(name.startswith("django_otp.plugins.") for name in settings.INSTALLED_APPS)


@rule(25, "Mellanlagren (MIDDLEWARE) ska finnas allihop och stå i säkerhetsnotens ordning.")
def middleware_in_order() -> bool:
    return tuple(name for name in settings.MIDDLEWARE if name in MIDDLEWARE) == MIDDLEWARE


# Addresses


@rule(26, "ALLOWED_HOSTS ska räkna upp hela värdnamn: inte tomt, inte * och inte med inledande punkt.", ENVIRONMENT)
def hosts_are_whole_names() -> bool:
    hosts = settings.ALLOWED_HOSTS
    return bool(hosts) and all(host.strip() and "*" not in host and not host.startswith(".") for host in hosts)


@rule(27, "PORTAL_BASE_URL ska vara https:// och ett värdnamn, utan sökväg.", ENVIRONMENT)
def base_url_is_https() -> bool:
    parts = urlsplit(settings.PORTAL_BASE_URL)
    return parts.scheme == "https" and bool(parts.hostname) and f"https://{parts.netloc}" == settings.PORTAL_BASE_URL


@rule(28, "Värdnamnet i PORTAL_BASE_URL ska finnas i ALLOWED_HOSTS.", ENVIRONMENT)
def base_url_is_ours() -> bool:
    return urlsplit(settings.PORTAL_BASE_URL).hostname in {host.lower() for host in settings.ALLOWED_HOSTS}


@rule(29, "TRUSTED_PROXY_COUNT ska vara minst 1: portalen står bakom en proxy.", ENVIRONMENT)
def a_proxy_stands_before() -> bool:
    return settings.TRUSTED_PROXY_COUNT >= 1


# Operation


@rule(30, "DEBUG ska vara av.", ENVIRONMENT)
def debug_is_off() -> bool:
    return settings.DEBUG is False


@rule(31, "DEMO ska vara av.", ENVIRONMENT)
def demo_is_off() -> bool:
    return settings.DEMO is False


@rule(32, "Bara security.W005 och security.W021 får tystas.")
def nothing_else_is_silenced() -> bool:
    return set(settings.SILENCED_SYSTEM_CHECKS) <= {"security.W005", "security.W021"}


@rule(33, "Databasen ska vara PostgreSQL över TLS med kontrollerat certifikat (sslmode=verify-full).", ENVIRONMENT)
def database_over_tls() -> bool:
    return all(
        base["ENGINE"] == "django.db.backends.postgresql" and base["OPTIONS"]["sslmode"] == "verify-full"
        for base in settings.DATABASES.values()
    )


@rule(34, "ATOMIC_REQUESTS ska vara av: räknare för försök sparas före jämförelsen.")
def requests_are_not_atomic() -> bool:
    return all(not base.get("ATOMIC_REQUESTS") for base in settings.DATABASES.values())


@rule(35, "E-post ska gå genom utkorgen.")
def mail_goes_through_the_outbox() -> bool:
    return settings.EMAIL_BACKEND == "messaging.outbox.OutboxBackend"


@rule(36, "SMTP_URL ska vara smtps:// eller smtp:// (då krävs STARTTLS) med en server.", ENVIRONMENT)
def mail_is_encrypted() -> bool:
    parts = urlsplit(settings.SMTP_URL)
    return parts.scheme in {"smtps", "smtp"} and bool(parts.hostname) and not parts.query and parts.port != 0


@rule(37, "Väntan på e-postservern ska vara begränsad (EMAIL_TIMEOUT).")
def mail_does_not_wait_for_ever() -> bool:
    return 0 < settings.EMAIL_TIMEOUT <= 30


@rule(38, "Ett anrop utan fil får vara högst 1 MB och ha högst 500 fält.")
def forms_are_bounded() -> bool:
    return (
        0 < settings.DATA_UPLOAD_MAX_MEMORY_SIZE <= MEGABYTE
        and 0 < settings.FILE_UPLOAD_MAX_MEMORY_SIZE <= MEGABYTE
        and 0 < settings.DATA_UPLOAD_MAX_NUMBER_FIELDS <= 500
        and 0 < settings.DATA_UPLOAD_MAX_NUMBER_FILES <= 100
    )


@rule(39, "Filer ska tas emot i minnet med det tak som står i accounts/limits.py.")
def files_are_bounded() -> bool:
    handlers = ["config.lib.uploads.CappedMemoryUploadHandler"]
    return handlers == settings.FILE_UPLOAD_HANDLERS and settings.UPLOAD_MAX_BYTES == limits.UPLOAD_BYTES


@rule(40, "SECRET_KEY ska vara minst 50 slumptecken, och gamla som godtas likaså.", ENVIRONMENT)
def secret_key_is_long() -> bool:
    return all(
        len(key) >= SECRET_KEY_LENGTH and len(set(key)) >= 5 for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    )


@rule(41, "Varje nyckel ska vara en egen: samma får inte användas till två saker.", ENVIRONMENT)
def keys_differ() -> bool:
    given = [
        settings.HMAC_KEY,
        settings.RECEIPT_KEY,
        *settings.FIELD_KEYS.values(),
        *_spellings((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS, settings.METRICS_TOKEN)),
    ]
    return len(given) == len(set(given))


@rule(42, "RECEIPT_KEY ska vara 32 slumpbyte, och RECEIPT_PUBLIC_KEYS bara öppna delar av tidigare nycklar.", ENVIRONMENT)
def receipts_are_signed() -> bool:
    seed, earlier = settings.RECEIPT_KEY, settings.RECEIPT_PUBLIC_KEYS
    return len(seed) == 32 and seed not in earlier and signatures.public_key(seed) not in earlier


@rule(43, "METRICS_TOKEN ska vara tom eller minst 32 slumptecken, bara bokstäver, siffror, - och _.", ENVIRONMENT)
def figures_are_behind_a_long_token() -> bool:
    token = settings.METRICS_TOKEN
    return token == "" or (len(set(token)) >= 10 and re.fullmatch(r"[A-Za-z0-9_-]{32,}", token) is not None)


@rule(
    44, "WEB_THREADS ska vara minst 6: fem trådar kan vänta på att ett lösenord jämförs, och sidorna behöver någon.", ENVIRONMENT
)
def pages_have_threads() -> bool:
    return settings.WEB_THREADS > hashers.STRANGERS + hashers.KNOWN


def _spellings(texts: Iterable[str]) -> Iterable[bytes]:
    """The bytes that each text stands for, were it base64; else its own."""
    for text in texts:
        try:
            yield base64.b64decode(text, validate=True)
        except ValueError:
            yield text.encode()

"""Logging: one JSON line per event, on standard error, for Django, gunicorn, procrastinate and our own code alike.

Everything passes one filter that masks personnummer, codes and secrets, tracebacks included; local variables are never
written. A line stays a line whatever a visitor typed: control signs and the line separators of Unicode are escaped.
"""

from __future__ import annotations

import json
import logging
import logging.config
import re
from collections.abc import Mapping
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from config.lib.personnummer import mask_all

HIDDEN = "[dolt]"
OWN_FIELDS = frozenset({"timestamp", "level", "logger", "request_id"})  # made by us, never by a visitor
SECRET_NAME = re.compile(
    r"(?:^|_)(?:password|passwd|losenord|secret|secrets|token|otp|totp|engangskod|verifieringskod|authorization|cookie|"
    r"set_cookie|csrf|csrftoken|session_key|sessionid|api_key|hmac_key|field_keys|digest|payload)(?:$|_)"
)
SIX_DIGITS = re.compile(r"(?<!\d)\d{3} ?\d{3}(?!\d)", re.ASCII)
CODE_NAME = re.compile(r"(?:^|_)(?:code|kod)(?:$|_)")
SECRET_IN_TEXT = re.compile(
    r"(?i)\b(password|losenord|lösenord|secret|token|verifieringskod|engångskod|otp)(\"?'?\s*[=:]\s*)(\"[^\"]*\"|'[^']*'|[^\s,;)}]+)"
)
LINE_BREAKERS = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def mask_text(text: str) -> str:
    """The text with personnummer masked and the value after `password=` and its like hidden."""
    return SECRET_IN_TEXT.sub(rf"\1\2{HIDDEN}", mask_all(text))


def mask_value(name: str, value: Any) -> Any:
    """The value that may be written under that name: secrets hidden by name, personnummer masked in any string."""
    lowered = name.lower().replace("-", "_")
    if SECRET_NAME.search(lowered):
        return HIDDEN
    if isinstance(value, Mapping):
        return {str(key): mask_value(str(key), item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [mask_value(name, item) for item in value]
    if CODE_NAME.search(lowered) and SIX_DIGITS.fullmatch(str(value)):
        return HIDDEN
    if value is None or isinstance(value, (bool, float)):
        return value
    masked = mask_text(str(value))
    return value if isinstance(value, int) and masked == str(value) else masked


def mask_event(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The last processor before the line is written: nothing personal or secret passes it."""
    return {name: value if name in OWN_FIELDS else mask_value(name, value) for name, value in event.items()}


def one_line(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    """The event as JSON on one line, å ä ö readable and everything that could break or colour a line escaped."""
    line = json.dumps(event, ensure_ascii=False, default=str)
    return LINE_BREAKERS.sub(lambda sign: f"\\u{ord(sign[0]):04x}", line)


def add_facts(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Take along status and request id, which Django's request log lines have beside them. A refusal is no fault: no traceback.

    Django writes of a refusal when the request's own context is over already.
    """
    record = event.get("_record")
    request_id = getattr(getattr(record, "request", None), "request_id", "")
    if request_id:
        event["request_id"] = request_id
    status = getattr(record, "status_code", None)
    if isinstance(status, int):
        event["status"] = status
        if status < 500:
            event.pop("exc_info", None)
    return event


def processors() -> list[Processor]:
    """What every event goes through before masking, whether it comes from structlog or from the standard library."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]


def formatter() -> logging.Formatter:
    """The formatter of every handler."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*processors(), add_facts],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,  # the plain traceback; dict_tracebacks would write local variables
            mask_event,
            one_line,
        ],
    )


def config(level: str = "INFO") -> dict[str, Any]:
    """The dictionary for logging.config: one handler at the root, and every library's logger speaking through it."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "config.logs.formatter"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}},
        "root": {"handlers": ["stderr"], "level": level.upper()},
        "loggers": {
            name: {"handlers": [], "level": least, "propagate": True}
            for name, least in {
                "django": "NOTSET",
                "django.server": "NOTSET",
                "django.db.backends": "WARNING",  # SQL carries values
                "django.template": "INFO",
                "gunicorn.error": "NOTSET",
                "gunicorn.access": "NOTSET",
                "procrastinate": "NOTSET",
                "procrastinate.blueprints": "WARNING",  # they tell of every task at every start
                "procrastinate.periodic": "WARNING",
                "asyncio": "WARNING",
            }.items()
        },
    }


def configure(settings: dict[str, Any]) -> None:
    """Apply the dictionary and let structlog's loggers and Python's warnings go the same way; called once, by the settings."""
    logging.config.dictConfig(settings)
    logging.captureWarnings(True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *processors(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def bind_user(user_id: int | None) -> None:
    """Write the signed-in person's id on the rest of this request's lines; None takes it away."""
    if user_id is None:
        structlog.contextvars.unbind_contextvars("user_id")
    else:
        structlog.contextvars.bind_contextvars(user_id=user_id)

"""The log: one line per event, in UTC, without personnummer, codes and secrets (LOG-02, LOG-05, LOG-08, LOG-09)."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog
from django.conf import settings as django_settings
from django.test import RequestFactory

from config import logs
from config.lib import personnummer

NUMBER = personnummer.build(datetime(1981, 12, 18, tzinfo=UTC).date(), 987)  # from Skatteverket's test series
BASE_DIR = django_settings.BASE_DIR
pytestmark = pytest.mark.logs_personal_data


def line_of(message: str, *args: object, **extra: Any) -> str:
    """What the formatter makes of a record from the standard library."""
    record = logging.LogRecord("django.request", logging.ERROR, __file__, 1, message, args, extra.pop("exc_info", None))
    record.__dict__.update(extra)
    return logs.formatter().format(record)


@pytest.mark.asvs("16.4.1")
@pytest.mark.parametrize(
    "sign", ["\r\n", "\n", "\r", "\x1b[31m", "\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x00", "\x7f", "\u202e", "\ud800"]
)
def test_log_05_a_line_stays_a_line(sign: str) -> None:
    line = line_of("Not Found: /%s", f'före{sign}{{"level": "info"}}')
    assert sign not in line
    assert len(line.splitlines()) == 1
    line.encode("utf-8")
    assert json.loads(line)["event"].startswith("Not Found: /före")


@pytest.mark.asvs("16.2.5")
@pytest.mark.parametrize(
    "written",
    [NUMBER, f"{NUMBER[:6]}-{NUMBER[6:]}", f"19{NUMBER}", f"19{NUMBER[:6]}-{NUMBER[6:]}", f"{NUMBER[:6]}+{NUMBER[6:]}"],
)
def test_log_02_a_personnummer_is_masked_however_it_is_written(written: str) -> None:
    for line in (line_of("rad 17: %s", written), line_of(f"({written},)"), line_of(f"DETAIL: Key (a)=({written}) exists")):
        assert NUMBER[6:] not in line
        assert "811218-****" in line


@pytest.mark.asvs("16.2.5", "16.5.1")
def test_log_08_a_traceback_has_neither_personnummer_nor_local_variables() -> None:
    hidden_local = "only in a local variable"
    try:
        raise ValueError(f"duplicate key: {NUMBER}")
    except ValueError:
        line = line_of("Internal Server Error: /x", exc_info=sys.exc_info())
    assert NUMBER not in line
    assert hidden_local not in line
    assert "ValueError: duplicate key: 811218-****" in json.loads(line)["exception"]


@pytest.mark.asvs("16.2.5")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("password", "Blå7#katt!Moln"),
        ("new_password", "Blå7#katt!Moln"),
        ("code", "306903"),
        ("code", 306903),
        ("kod", "306 903"),
        ("totp_secret", "JBSWY3DPEHPK3PXP"),
        ("Set-Cookie", "__Host-session=abc"),
        ("session_key", "abc"),
    ],
)
def test_log_02_secrets_are_hidden_by_their_name(name: str, value: object) -> None:
    assert logs.mask_value(name, value) == logs.HIDDEN
    assert str(value) not in str(logs.mask_value("data", {name: [value]}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("code", "account:code:sent"),
        ("rows", 250000),
        ("unit", "0488"),
        ("status", 200),
        ("ok", True),
        ("none", None),
        ("s", 0.123456),
    ],
)
def test_what_an_operator_needs_is_left_alone(name: str, value: object) -> None:
    assert logs.mask_value(name, value) == value


@pytest.mark.asvs("16.2.5")
def test_log_02_a_secret_in_running_text_is_hidden() -> None:
    assert "Moln" not in logs.mask_text("password=Blå7#katt!Moln, user=7")
    assert logs.mask_text("password='a b' user=7") == f"password={logs.HIDDEN} user=7"


@pytest.mark.asvs("16.2.1", "16.2.2", "16.2.4")
def test_log_09_an_event_of_ours_carries_utc_time_request_and_user(capsys: pytest.CaptureFixture[str]) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logs.formatter())
    logging.getLogger("portal").addHandler(handler)
    structlog.contextvars.bind_contextvars(request_id="8112189876aaaaaa")
    logs.bind_user(7)
    try:
        structlog.get_logger("portal").warning("file:uploaded", rows=2104, value=NUMBER)
    finally:
        logs.bind_user(None)
        structlog.contextvars.clear_contextvars()
        logging.getLogger("portal").removeHandler(handler)
    event = json.loads(capsys.readouterr().err.splitlines()[0])
    assert event == {
        "rows": 2104,
        "value": "811218-****",
        "event": "file:uploaded",
        "request_id": "8112189876aaaaaa",
        "user_id": 7,
        "level": "warning",
        "logger": "portal",
        "timestamp": "2026-11-16T08:00:00Z",
    }


def test_django_s_status_code_comes_along() -> None:
    assert json.loads(line_of("Not Found: /x", status_code=404))["status"] == 404


@pytest.mark.parametrize(("status", "is_fault"), [(403, False), (500, True)])
def test_a_refusal_leaves_no_traceback(status: int, is_fault: bool) -> None:
    try:
        raise PermissionError("Det får du inte.")
    except PermissionError:
        event = json.loads(line_of("Svar", exc_info=sys.exc_info(), status_code=status))
    assert ("exception" in event) is is_fault


@pytest.mark.asvs("16.2.4")
def test_log_09_a_refusal_s_line_carries_the_request_s_id_though_the_request_is_over() -> None:
    request = RequestFactory().get("/x")
    request.request_id = "abcdefghijklmn"  # type: ignore[attr-defined]
    assert json.loads(line_of("Not Found: /x", request=request, status_code=404))["request_id"] == "abcdefghijklmn"


@pytest.mark.asvs("16.2.5")
def test_log_02_every_handler_masks_and_no_logger_has_a_way_of_its_own() -> None:
    settings = logs.config()
    assert settings["handlers"]
    assert {handler["formatter"] for handler in settings["handlers"].values()} == {"json"}
    assert settings["formatters"] == {"json": {"()": "config.logs.formatter"}}
    assert {"filters", "incremental"}.isdisjoint(settings)
    assert [name for name, logger in settings["loggers"].items() if logger["handlers"] or not logger["propagate"]] == []
    assert list(logs.formatter().processors)[-2:] == [logs.mask_event, logs.one_line]  # type: ignore[attr-defined] # structlog's


LOGGERS = (
    "django.request",
    "django.security.csrf",
    "django.db.backends",
    "gunicorn.error",
    "procrastinate.worker",
    "py.warnings",
)


@pytest.mark.asvs("16.2.3", "16.2.5")
@pytest.mark.real_clock
def test_log_02_whoever_writes_the_line_is_masked() -> None:
    """In a process of its own, since the suite has taken the handlers off: the log as an operator gets it."""
    speak = f"""
import logging, warnings, django, structlog
from django.conf import settings
django.setup()
for name in {LOGGERS!r}:
    logging.getLogger(name).error("rad 17: %s password=%s", "{NUMBER}", "Moln7katt")
structlog.get_logger("portal").error("rad", value="{NUMBER}", password="Moln7katt")
warnings.warn("rad 17: {NUMBER}", RuntimeWarning)
print(settings.ADMINS, settings.MANAGERS, [type(one).__name__ for one in logging.getLogger().handlers])
"""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}
    ended = subprocess.run(
        [sys.executable, "-c", speak], cwd=BASE_DIR, env=environment, capture_output=True, text=True, check=True
    )
    lines = [json.loads(line) for line in ended.stderr.splitlines()]
    assert {line["logger"] for line in lines} == {*LOGGERS, "portal"}
    assert len(lines) == len(LOGGERS) + 2
    assert NUMBER not in ended.stderr
    assert "Moln7katt" not in ended.stderr
    assert all("811218-****" in json.dumps(line) for line in lines)
    assert ended.stdout == "[] [] ['StreamHandler']\n"

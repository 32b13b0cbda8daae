"""The log of a real gunicorn: which page, how it went and how long it took, and nothing about who asked (LOG-04)."""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from urllib.parse import urlsplit

import pytest
from django.conf import settings

from config.lib import personnummer

NUMBER = personnummer.build(date(1981, 12, 18), 987)  # from Skatteverket's test series
SESSION_KEY, TOKEN = "k3yk3yk3yk3yk3yk3yk3yk3yk3yk3y77", "t0kent0kent0kent0kent0kent0ken77"
HEADERS = {
    "Host": "localhost",
    "Cookie": f"__Host-session={SESSION_KEY}; __Host-csrf={TOKEN}",
    "Authorization": f"Bearer {TOKEN}",
    "Referer": f"https://localhost/inlamning/?q={NUMBER}",
    "User-Agent": "Mozilla/5.0 (Anna Ek)",
    "X-Forwarded-For": "203.0.113.77",
}
PAGE = "/handbok/"
LISTENING = re.compile(r"Listening at: http://127\.0\.0\.1:(\d+)")


@pytest.fixture
def server(db: None) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """A gunicorn with the portal's own configuration on a free port, and its process, whose errors are the log."""
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{settings.DATABASES['default']['NAME']}").geturl()
    environment = {**os.environ, "DATABASE_URL": database, "DJANGO_SETTINGS_MODULE": "config.settings", "BIND": "127.0.0.1:0"}
    command = [sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.conf.py"]
    process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        port = next(int(found[1]) for line in process.stderr if (found := LISTENING.search(line)))
        yield port, process
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def ask(port: int, method: str, path: str) -> int:
    """The status of an answer to somebody who sends everything along that must not be logged."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(method, path, headers=HEADERS)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


@pytest.mark.asvs("14.2.1", "16.2.1", "16.2.5")
@pytest.mark.real_clock
def test_log_04_the_access_log_has_the_path_without_query_and_nothing_of_the_visitor(
    server: tuple[int, subprocess.Popen[str]],
) -> None:
    port, process = server
    assert ask(port, "GET", f"{PAGE}?personnummer={NUMBER}&epost=anna.ek@trosa.example") == 200
    assert ask(port, "HEAD", f"/inlamning/{NUMBER}/?token={TOKEN}") == 404
    process.terminate()
    log = process.communicate(timeout=30)[1]
    lines = [json.loads(line) for line in log.splitlines()]  # JSON all through, warnings of Python's too
    requests = [line for line in lines if line["logger"] == "portal.request"]
    shown = [{name: line[name] for name in ("method", "path", "status")} for line in requests]
    assert [line["request_id"] for line in lines if line.get("logger") == "django.request"] == [requests[1]["request_id"]]
    assert shown == [
        {"method": "GET", "path": PAGE, "status": 200},
        {"method": "HEAD", "path": "/inlamning/811218-****/", "status": 404},
    ]
    assert {*requests[0]} == {"event", "method", "path", "status", "ms", "request_id", "level", "logger", "timestamp"}
    assert all(re.fullmatch("[a-z]{14}", line["request_id"]) for line in requests)
    for secret in (NUMBER, SESSION_KEY, TOKEN, "anna.ek", "Mozilla", "203.0.113.77", "?"):
        assert secret not in "".join(line for line in log.splitlines() if "portal.request" in line), secret
    for secret in (NUMBER, SESSION_KEY, TOKEN):
        assert secret not in log, secret

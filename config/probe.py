"""`python -m config.probe`: ask the web server on this machine whether it lives, as the proxy would ask it."""

from __future__ import annotations

import http.client
import os
import sys


def main() -> int:
    """0 when /healthz answers 200 on the address that gunicorn is bound to."""
    host, _, port = os.environ.get("BIND", "127.0.0.1:8000").rpartition(":")
    connection = http.client.HTTPConnection("127.0.0.1" if host in {"", "0.0.0.0"} else host.strip("[]"), int(port), timeout=4)  # noqa: S104
    asked_for = os.environ.get("ALLOWED_HOSTS", "personalstatistik.skr.se").split(",")[0].strip()
    try:
        connection.request("GET", "/healthz", headers={"Host": asked_for, "X-Forwarded-Proto": "https"})
        return 0 if connection.getresponse().status == http.HTTPStatus.OK else 1
    except OSError:
        return 1
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())

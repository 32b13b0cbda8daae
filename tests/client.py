"""The test client: always over https, and watching each answer (tests.guards.html) and each read (tests.guards.database)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.http import HttpResponse
from django.test import Client

from tests.guards.database import reads_only
from tests.guards.html import faults_in


class GuardedClient(Client):
    """Django's client, which refuses HTML that breaks the content policy and GET requests that write."""

    may_write: frozenset[str] = frozenset()

    def generic(self, method: str, path: str, *args: Any, **extra: Any) -> HttpResponse:
        """Any request, made as the proxy hands it over in production: https."""
        extra |= {"wsgi.url_scheme": "https", "SERVER_PORT": "443"}
        if method not in {"GET", "HEAD"}:
            return self._checked(super().generic(method, path, *args, **extra))
        with reads_only(method, path, self.may_write):
            return self._checked(super().generic(method, path, *args, **extra))

    @contextmanager
    def allowed_to_write(self, *tables: str) -> Iterator[None]:
        """Let reads inside the block write these tables; say in the test why they must."""
        before, self.may_write = self.may_write, self.may_write | frozenset(tables)
        try:
            yield
        finally:
            self.may_write = before

    def _checked(self, response: HttpResponse) -> HttpResponse:
        is_html = response.headers.get("Content-Type", "").startswith("text/html")
        if is_html and not response.streaming:
            faults = faults_in(response.content.decode("utf-8"))
            assert not faults, f"{response.request['PATH_INFO']}: {'; '.join(faults)}"  # type: ignore[attr-defined]
        return response

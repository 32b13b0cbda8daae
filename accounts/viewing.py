"""Visa som uppgiftslämnaren: somebody at SKR sees one unit's pages as its people do, and can change nothing.

The session's owner stays who she is, and all that is logged is logged as hers. What rests is her rights at SKR: `User.viewing`
makes `has_perm` and `is_staff` answer no, and the few rules that ask for a role at a unit answer with the one that is
seen. It is read-only by construction (`Gate`): no request but GET and HEAD gets through, the database takes no write but the
session's and the audit trail's, nothing is handed out as a file, and no page but the units' answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any, cast

from django.contrib import messages
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts import audit, limits
from accounts.access import NotAllowed, is_verified
from accounts.models import User
from accounts.viewed import Viewing

KEY = "viewing"
PERMISSION = "profiles.view_as_unit"
SAFE = frozenset({"GET", "HEAD"})
PASSES = frozenset({"accounts:end_viewing", "accounts:sign_out", "accounts:session_time", "csp_report"})
"""What is answered whatever the method: it changes the session, or nothing."""
UNIT_PAGES = frozenset({"submissions", "deferrals", "profiles", "messaging"})
OPEN_PAGES = frozenset(
    {
        *("start", "check_receipt", "verify_receipt", "checks", "check", "privacy", "accessibility", "healthz", "readyz"),
        *("handbook", "handbook_page", "handbook_search", "handbook_news", "handbook_known_issues", "handbook_fields"),
        *("handbook_field", "handbook_code_lists", "handbook_code_list"),
        *("handbook_layout_file", "handbook_code_list_file", "handbook_sample"),
    }
)
PERSONAL = frozenset(
    {
        *("profiles:details", "profiles:mail_notices", "profiles:leave", "profiles:confirm_people", "profiles:hand_over"),
        *("profiles:answer_handover", "profiles:withdraw_handover", "profiles:ask_access", "profiles:withdraw_request"),
    }
)
"""Pages about the person herself and not the unit."""
WRITE = re.compile(r"""^\s*(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|TRUNCATE(?:\s+TABLE)?)\s+"?([a-z_0-9]+)"?""", re.IGNORECASE)
MAY_BE_WRITTEN = frozenset({"accounts_session", "accounts_auditevent", "accounts_auditorigin"})


# Begin and end -------------------------------------------------------------------------------------------------------


def begin(request: HttpRequest, viewing: Viewing) -> None:
    """See the portal so from the next request on, and write it in the audit trail with the purpose."""
    user = cast(User, request.user)
    request.session[KEY] = {**asdict(viewing), "since": viewing.since.isoformat()}
    audit.record(
        "access:viewing:started",
        by=user,
        unit=viewing.unit_code,
        object=f"portalen som {viewing.role_name}",
        purpose=viewing.purpose,
        at=viewing.since,
    )


def end(request: HttpRequest, viewing: Viewing, *, result: str, at: datetime) -> None:
    """See it as oneself again."""
    if request.session.pop(KEY, None) is not None:
        user, what = cast(User, request.user), f"portalen som {viewing.role_name}"
        audit.record("access:viewing:ended", by=user, unit=viewing.unit_code, object=what, result=result, at=at)


def kept(request: HttpRequest) -> Viewing | None:
    """What the session's owner sees the portal as; None for everybody else, and where what is kept cannot be read."""
    user = getattr(request, "user", None)
    found = request.session.get(KEY) if user is not None and is_verified(user) else None
    if not isinstance(found, dict):
        return None
    return Viewing(**{**found, "since": datetime.fromisoformat(found["since"])})


# The gate ------------------------------------------------------------------------------------------------------------


class Gate:
    """Middleware, the last one: while somebody sees the portal as a unit does, it only lets her read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        viewing = kept(request)
        if viewing is None:
            return self.get_response(request)
        user, at = cast(User, request.user), timezone.now()
        if at >= viewing.since + limits.VIEWING or not user.has_perm(PERMISSION):
            end(request, viewing, result="time", at=at)
            if request.method not in SAFE:
                raise NotAllowed("Visningen är avslutad, och det du skickade är inte mottaget. Ladda om sidan.")
            messages.info(request, f"Visningen av portalen som {viewing.unit_name} är avslutad efter 30 minuter.")
            return self.get_response(request)
        user.viewing = viewing
        with connection.execute_wrapper(_refuse_writes):
            response = self.get_response(request)
        if str(response.headers.get("Content-Disposition", "")).startswith("attachment"):
            raise NotAllowed("Filer hämtas inte medan du ser portalen som enheten. Avsluta visningen först.")
        return response

    def process_view(self, request: HttpRequest, view: Callable[..., HttpResponse], args: object, kwargs: object) -> None:
        """Raise NotAllowed for all but reading the unit's pages."""
        viewing = getattr(request.user, "viewing", None)
        match = request.resolver_match
        name = match.view_name if match else ""
        if viewing is None or name in PASSES:
            return
        if request.method not in SAFE:
            raise NotAllowed(f"Du ser portalen som {viewing.unit_name} och kan bara läsa. Avsluta visningen först.")
        is_of_the_unit = bool(match and match.namespace in UNIT_PAGES) and name not in PERSONAL
        if not (is_of_the_unit or name in OPEN_PAGES) or getattr(view, "is_export", False):
            raise NotAllowed(f"Den sidan visas inte medan du ser portalen som {viewing.unit_name}. Avsluta visningen först.")


def _refuse_writes(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    written = WRITE.match(str(sql))
    if written and written[1].lower() not in MAY_BE_WRITTEN:
        raise NotAllowed("Sidan skulle ha ändrat något, och visas därför inte medan du ser portalen som enheten.")
    return execute(sql, params, many, context)

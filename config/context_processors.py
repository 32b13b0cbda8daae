"""What every page needs: the menu with its unread count, and the collection that is running."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from accounts import limits
from accounts.access import is_verified
from accounts.middleware import row_of, time_left
from config import frame
from config.handbook.pages import HELP
from config.templatetags.sv import long_day
from messaging import announcements
from messaging.models import Announcement

MENU = (
    ("Inlämning", "submissions:overview"),
    ("Uppskov", "deferrals:overview"),
    ("Profil & enheter", "profiles:overview"),
    ("Meddelanden", "messaging:overview"),
)


def portal(request: HttpRequest) -> dict[str, Any]:
    """`help`, the handbook's page about this one, and `announcements`; for a verified person also `viewing`, `menu` (label, url,
    active, badge, note) and how long the session lives."""
    user = getattr(request, "user", None)
    match = request.resolver_match
    shown: dict[str, Any] = {
        "announcements": SimpleLazyObject(lambda: announcements_for(request)),
        "help": HELP.get(match.view_name) if match else None,
    }
    if user is None or not is_verified(user):
        return {"menu": [], **shown}
    around = frame.staff_frame(user) if user.is_staff else frame.frame_of(user, timezone.now())
    if not around.has_announcements:
        shown["announcements"] = []
    menu = []
    notes = {"submissions:overview": f"Sista dag {long_day(around.due_date)}" if around.due_date else ""}
    for label, name in MENU:
        url = reverse(name)
        badge = around.unread if name.startswith("messaging") else 0
        is_here = request.path.startswith(url) or (
            name.startswith("profiles") and request.path.startswith(reverse("accounts:start"))
        )
        menu.append({"label": label, "url": url, "active": is_here, "badge": badge, "note": notes.get(name, "")})
    row = row_of(request)
    left, _ = time_left(row, timezone.now(), is_staff=bool(user.staff_role)) if row else (timedelta(0), "")
    seconds = int(left.total_seconds())
    return {
        **shown,
        "viewing": user.viewing,
        "menu": menu,
        "session_seconds": seconds,
        "session_warning": int(limits.SESSION_WARNING.total_seconds()),
    }


def announcements_for(request: HttpRequest) -> list[Announcement]:
    """What stands at the top of the page and has not been put away; asked when a whole page is drawn, never for a part of one.

    Nothing where the request never came as far as the session, or the database does not answer: then the page is about that.
    """
    user, session = getattr(request, "user", None), getattr(request, "session", None)
    if user is None or session is None:
        return []
    is_signed_in = is_verified(user)
    try:
        shown = announcements.shown_to(is_signed_in=is_signed_in, is_staff=is_signed_in and user.is_staff, at=timezone.now())
        hidden = session.get(announcements.HIDDEN, []) if shown else []
    except DatabaseError:
        return []
    return [one for one in shown if one.pk not in hidden]

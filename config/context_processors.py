"""What every page needs: the menu with its unread count, and the collection that is running."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from accounts.access import is_verified
from messaging.models import Thread

MENU = (
    ("Inlämning", "submissions:overview"),
    ("Uppskov", "deferrals:overview"),
    ("Profil & enheter", "profiles:overview"),
    ("Meddelanden", "messaging:overview"),
)


def portal(request: HttpRequest) -> dict[str, Any]:
    """`menu` (label, url, active, badge) for a verified person; nothing for everybody else."""
    user = getattr(request, "user", None)
    if user is None or not is_verified(user):
        return {"menu": []}
    unread = Thread.objects.visible_to(user).unread_by(user).count()
    menu = []
    for label, name in MENU:
        url = reverse(name)
        badge = unread if name.startswith("messaging") else 0
        menu.append({"label": label, "url": url, "active": request.path.startswith(url), "badge": badge})
    return {"menu": menu}

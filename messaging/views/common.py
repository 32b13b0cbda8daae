"""What the pages share: which thread, which units, who has the ball in words."""

from __future__ import annotations

from accounts.access import UserRequest
from messaging.models import Thread
from profiles import access as unit_access
from profiles.models import Unit, UnitQuerySet

TONES = {Thread.Status.WAITING_UNIT: "warning", Thread.Status.WAITING_SKR: "info", Thread.Status.DONE: "neutral"}
FOR_STAFF = {Thread.Status.WAITING_UNIT: ("Väntar på enheten", "info"), Thread.Status.WAITING_SKR: ("Väntar på SKR", "warning")}


def status_badge(thread: Thread, *, for_staff: bool) -> tuple[str, str]:
    """Who has the ball, in words for the side that reads, and the badge's tone."""
    status = Thread.Status(thread.status)
    if for_staff and status in FOR_STAFF:
        return FOR_STAFF[status]
    return status.label, TONES[status]


def writable_units(request: UserRequest) -> UnitQuerySet:
    """The units that the person may start a matter about."""
    user = request.user
    if user.is_staff:
        return Unit.objects.filter(is_active=True) if user.has_perm("messaging.answer_thread") else Unit.objects.none()
    roles = unit_access.roles_of(user)
    return Unit.objects.filter(pk__in=[pk for pk, role in roles.items() if role in unit_access.MAY_SUBMIT])


def thread_or_404(request: UserRequest, pk: int) -> Thread:
    """The matter with that key, if the person sees it."""
    visible = Thread.objects.visible_to(request.user)
    return unit_access.row_or_404(request.user, visible.select_related("unit"), pk=pk, visible=visible, unit="unit__code")

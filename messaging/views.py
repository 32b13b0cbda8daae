"""Meddelanden: the list of matters, a new one, and one as a conversation."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Case, Exists, OuterRef, Value, When
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import NotAllowed, UserRequest
from messaging import attachments, services
from messaging.access import check_can_write
from messaging.forms import ReplyForm, ThreadForm
from messaging.models import ReadMark, Thread
from profiles import access as unit_access
from profiles.models import Unit, UnitQuerySet

PAGE_SIZE = 25
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


@require_safe
def overview(request: UserRequest) -> HttpResponse:
    """My matters, the unread first, then the latest."""
    visible = Thread.objects.visible_to(request.user)
    unread = Thread.objects.unread_by(request.user).filter(pk=OuterRef("pk"))
    threads = (
        visible.annotate(is_unread=Case(When(Exists(unread), then=Value(True)), default=Value(False)))
        .select_related("unit")
        .order_by("-is_unread", "-last_message_at", "-pk")
    )
    page = Paginator(threads, PAGE_SIZE).get_page(request.GET.get("sida"))
    rows = [{"thread": t, "badge": status_badge(t, for_staff=request.user.is_staff)} for t in page.object_list]
    context = {"page": page, "rows": rows, "can_write": writable_units(request).exists()}
    return render(request, "messaging/overview.html", context)


def row_named(request: UserRequest) -> str:
    """The subject that an address proposes: a row of a version by their numbers (?rad=17&version=2), nothing of what it holds."""
    row, version = request.GET.get("rad", ""), request.GET.get("version", "")
    is_named = all(number.isascii() and number.isdigit() and len(number) < 8 for number in (row, version))
    return f"Rad {row} i version {version}" if is_named else ""


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: UserRequest) -> HttpResponse:
    """Start a matter."""
    units = writable_units(request)
    if not units.exists():
        raise NotAllowed("Meddelanden skrivs av enhetens uppgiftslämnare och kontaktpersoner.")
    asked = {"unit": request.GET.get("enhet"), "category": request.GET.get("galler"), "subject": row_named(request)}
    only = units.first() if units.count() == 1 else None
    initial = {**asked, **({"unit": only.code} if only else {})}
    form = ThreadForm.of(request, units=units, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            thread = services.start_thread(by=request.user, at=timezone.now(), **form.cleaned_data)
        except NotAllowed as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, "Meddelandet är skickat.")
            return redirect("messaging:thread", pk=thread.pk)
    return render(request, "messaging/new.html", {"form": form, "only": only})


@require_http_methods(["GET", "HEAD", "POST"])
def thread(request: UserRequest, pk: int) -> HttpResponse:
    """One matter: what has been said, and a place to answer. Opening it marks it as read."""
    found = thread_or_404(request, pk)
    form = ReplyForm.of(request)
    if request.method == "POST":
        check_can_write(request.user, found.unit)
        if form.is_valid():
            try:
                services.reply(thread=found, by=request.user, at=timezone.now(), **form.cleaned_data)
            except NotAllowed as refusal:
                form.refuse(refusal)
            else:
                messages.success(request, "Svaret är skickat.")
                return redirect("messaging:thread", pk=pk)
    return render(request, "messaging/thread.html", _conversation(request, found, form))


def _conversation(request: UserRequest, found: Thread, form: ReplyForm) -> dict[str, object]:
    user = request.user
    said = found.messages.select_related("author").order_by("created_at", "pk")
    files = attachments.listed(said)
    posts = [
        {
            "message": message,
            "text": services.read_text(message),
            "is_mine": message.is_from_staff == user.is_staff,
            "files": files[message.pk],
        }
        for message in said
    ]
    services.mark_read(thread=found, by=user)
    try:
        check_can_write(user, found.unit)
        reason = ""
    except NotAllowed as refusal:
        reason = refusal.reason
    return {
        "thread": found,
        "posts": posts,
        "badge": status_badge(found, for_staff=user.is_staff),
        "is_done": found.status == Thread.Status.DONE,
        "is_seen": _is_seen_by_the_other_side(found, by_staff=user.is_staff),
        "other_side": "enheten" if user.is_staff else "SKR",
        "reason": reason,
        "form": form,
    }


def _is_seen_by_the_other_side(found: Thread, *, by_staff: bool) -> bool:
    """Whether this side spoke last and somebody on the other has read it."""
    if found.last_message_from_staff != by_staff:
        return False
    marks = ReadMark.objects.filter(thread=found, read_at__gte=found.last_message_at)
    marks = marks.filter(user__staff_role="") if by_staff else marks.exclude(user__staff_role="")
    return marks.exists()


@require_POST
def close(request: UserRequest, pk: int) -> HttpResponse:
    """Mark a matter as done."""
    found = thread_or_404(request, pk)
    services.close_thread(thread=found, by=request.user, at=timezone.now())
    messages.success(request, "Ärendet är markerat som klart.")
    return redirect("messaging:overview")

"""The end of the work: what is handed in, Klarmarkera, taking it back, the receipt, and asking SKR to open it again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import F
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import NotAllowed, UserRequest
from config.lib.downloads import attachment
from profiles import access
from submissions import receipts, spec, states
from submissions.checking.completeness import unexplained
from submissions.forms import LateForm, NobodyForm, ReopenForm, RevisionForm
from submissions.models import Delivery, Receipt
from submissions.services import issuing, reopen, storage
from submissions.services import review as review_service
from submissions.services.groups import Group, groups_of, live_comments
from submissions.summaries import control_sums
from submissions.views.common import Room, enter, file_name, shown_or_404
from submissions.views.review import Entry, entry_of

MOST_SHOWN = 40  # of what carries no words from the unit: the largest groups, as many as the review has on a page


@require_http_methods(["GET", "POST"])
def hand_in(request: UserRequest, code: str, year: int) -> HttpResponse:
    """Show what is handed in, and hand it in."""
    room = enter(request, code, year)
    if room.current is None:
        return redirect("submissions:submission", *room.address)
    if request.method == "POST":
        return _hand_in(request, room)
    if room.submission.status not in states.WORKING:
        return redirect("submissions:receipt", *room.address)
    return _signing_page(request, room, _late_form(room))


def _late_form(room: Room) -> LateForm | None:
    """The question why, where a hand-in now would be late."""
    if not issuing.is_late(room.submission, today=room.today):
        return None
    return LateForm(room.request.POST if room.request.method == "POST" else None)


def _signing_page(request: UserRequest, room: Room, late_form: LateForm | None, *, status: int = 200) -> HttpResponse:
    """Everything that is signed: the file, its sums, what is explained and what is not."""
    delivery = _current_or_404(room)
    findings = storage.findings_of(delivery)
    comments = live_comments(room.submission)

    def shown(groups: Iterable[Group]) -> list[Entry]:
        return [entry_of(room, group, comments.get(group.key), findings, delivery) for group in groups]

    groups = groups_of(room.submission, findings)
    explained = [entry for entry in shown(group for group in groups if group.key in comments) if entry.is_done]
    done = {entry.group.key for entry in explained}
    left = [group for group in groups if group.needs_comment and group.key not in done]
    to_know = [group for group in groups if group.level == spec.INFO]
    context = room.context(
        delivery=delivery,
        name=file_name(delivery),
        lines=control_sums(storage.current_frame(delivery)),
        corrections=storage.count_corrections(delivery),
        explained=explained,
        unexplained=shown(left[:MOST_SHOWN]),
        unexplained_more=len(left[MOST_SHOWN:]),
        kom02=unexplained(
            delivery.uncommented, room.spec, unit_code=room.submission.unit.code, unit_kind=room.submission.unit.kind
        ),
        to_know=shown(to_know[:MOST_SHOWN]),
        to_know_more=len(to_know[MOST_SHOWN:]),
        is_colleagues=delivery.uploaded_by_id != request.user.pk,
        late_form=late_form,
    )
    return render(request, "submissions/hand_in.html", context, status=status)


def _current_or_404(room: Room) -> Delivery:
    """The file that counts, whatever version the address asks for: that is what is signed."""
    room.asked = None
    return shown_or_404(room)


def _hand_in(request: UserRequest, room: Room) -> HttpResponse:
    access.check_can_submit(request.user, room.submission.unit)
    form = RevisionForm(request.POST)
    seen = next((d for d in room.deliveries if form.is_valid() and d.version == form.cleaned_data["version"]), None)
    if seen is None:
        messages.error(request, "Sidan var för gammal. Se över uppgifterna och klarmarkera igen.")
        return redirect("submissions:review", *room.address)
    late_form = _late_form(room)
    if late_form and not late_form.is_valid() and not room.why_not_hand_in:
        return _signing_page(request, room, late_form, status=422)
    try:
        review_service.hand_in(
            submission=room.submission,
            delivery=seen,
            expected_revision=form.cleaned_data["revision"],
            late=late_form.late() if late_form and late_form.is_valid() else None,
            by=request.user,
            at=room.now,
        )
    except NotAllowed as refusal:
        messages.error(request, refusal.reason)
        return redirect("submissions:review", *room.address)
    return redirect("submissions:receipt", *room.address)


@require_http_methods(["GET", "POST"])
def nobody_employed(request: UserRequest, code: str, year: int) -> HttpResponse:
    """The statement that nobody was employed on the measurement day: what it means, and Klarmarkera."""
    room = enter(request, code, year)
    late_form = _late_form(room)
    if request.method == "POST":
        access.check_can_submit(request.user, room.submission.unit)
        form = NobodyForm(request.POST)
        if late_form is None or late_form.is_valid() or room.why_not_state_nobody:
            return _hand_in_nobody(request, room, form, late_form)
    context = room.context(late_form=late_form, seen=room.current.version if room.current else 0)
    return render(request, "submissions/nobody_employed.html", context, status=422 if request.method == "POST" else 200)


def _hand_in_nobody(request: UserRequest, room: Room, form: NobodyForm, late_form: LateForm | None) -> HttpResponse:
    try:
        review_service.hand_in_nobody(
            submission=room.submission,
            expected_version=form.cleaned_data["version"] if form.is_valid() else None,
            late=late_form.late() if late_form and late_form.is_valid() else None,
            by=request.user,
            at=room.now,
        )
    except NotAllowed as refusal:
        messages.error(request, refusal.reason)
        return redirect("submissions:submission", *room.address)
    return redirect("submissions:receipt", *room.address)


@require_POST
def withdraw(request: UserRequest, code: str, year: int) -> HttpResponse:
    """Take the hand-in back, until SKR has begun."""
    room = enter(request, code, year)
    access.check_can_submit(request.user, room.submission.unit)
    try:
        holds = review_service.withdraw(submission=room.submission, by=request.user, at=room.now)
    except NotAllowed as refusal:
        messages.error(request, refusal.reason)
    else:
        again = f" Det som SKR har godkänt gäller igen, med kvittens {holds.code}." if holds else ""
        messages.success(
            request,
            f"Klarmarkeringen är tillbakatagen och kvittensen gäller inte längre.{again} Klarmarkera igen när ni är klara.",
        )
    return redirect("submissions:submission", *room.address)


# The receipt ---------------------------------------------------------------------------------------------------------


@require_GET
def receipt(request: UserRequest, code: str, year: int) -> HttpResponse:
    """The receipt that holds, else the last one, for printing and keeping, and the others by name."""
    room = enter(request, code, year)
    issued = _receipts(room)
    if not issued:
        messages.info(request, "Det finns ingen kvittens än. Den kommer när ni har klarmarkerat.")
        return redirect("submissions:submission", *room.address)
    newest, *earlier = issued
    delivery = next((d for d in room.deliveries if d.pk == newest.delivery_id), None)
    kept = issuing.kept_of(newest)
    context: dict[str, Any] = room.context(
        receipt=newest,
        delivery=delivery,
        name=file_name(delivery) if delivery else "",
        lines=kept.lines,
        has_file=bool(kept.text),
        nobody=receipts.NOBODY,
        earlier=earlier,
        verify_url=f"{settings.PORTAL_BASE_URL}{reverse('verify_receipt', args=[newest.code])}",
    )
    return render(request, "submissions/receipt.html", context)


def _receipts(room: Room) -> list[Receipt]:
    """All receipts of the submission: the one that holds, then those that ended, the last one first."""
    issued = Receipt.objects.filter(submission=room.submission).select_related("issued_by")
    return list(issued.order_by(F("withdrawn_at").desc(nulls_first=True), "-issued_at", "-pk"))


@require_GET
def receipt_file(request: UserRequest, code: str, year: int) -> HttpResponseBase:
    """The receipt that the page shows, as the signed text it was issued as."""
    room = enter(request, code, year)
    newest = next(iter(_receipts(room)), None)
    text = issuing.kept_of(newest).text if newest else ""
    if newest is None or not text:
        raise Http404
    return attachment(text.encode(), name=f"kvittens-{newest.code}.txt", content_type="text/plain; charset=utf-8")


# Open again ----------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def ask_to_reopen(request: UserRequest, code: str, year: int) -> HttpResponse:
    """Ask SKR to open again what it has approved; or see the request that waits."""
    room = enter(request, code, year)
    form = ReopenForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        access.check_can_submit(request.user, room.submission.unit)
        if form.is_valid():
            return _ask_to_reopen(request, room, form.cleaned_data["reason"])
    context = room.context(form=form, waiting=reopen.open_request(room.submission))
    return render(request, "submissions/ask_to_reopen.html", context, status=422 if form.is_bound else 200)


def _ask_to_reopen(request: UserRequest, room: Room, reason: str) -> HttpResponse:
    try:
        reopen.ask_to_reopen(submission=room.submission, reason=reason, by=request.user, at=room.now)
    except NotAllowed as refusal:
        messages.error(request, refusal.reason)
    else:
        messages.success(request, "Begäran är skickad. Ni får ett mejl när SKR har svarat. Kvittensen gäller så länge.")
    return redirect("submissions:submission", *room.address)


@require_POST
def take_back_request(request: UserRequest, code: str, year: int) -> HttpResponse:
    """The unit no longer wants the submission opened."""
    room = enter(request, code, year)
    access.check_can_submit(request.user, room.submission.unit)
    try:
        reopen.take_back_request(submission=room.submission, by=request.user, at=room.now)
    except NotAllowed as refusal:
        messages.error(request, refusal.reason)
    else:
        messages.success(request, "Begäran är återtagen. Inlämningen är godkänd som förut.")
    return redirect("submissions:submission", *room.address)

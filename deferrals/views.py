"""Uppskov: my units with their last day, one unit's requests, and the form that asks for a later date."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Prefetch
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import NotAllowed, UserRequest
from deferrals import services, states
from deferrals.forms import DeferralForm
from deferrals.models import Deferral
from profiles import access
from profiles.models import Unit
from submissions.models import Submission
from submissions.models.submission import SubmissionQuerySet

TONES = {
    Deferral.Status.REQUESTED: "info",
    Deferral.Status.GRANTED: "success",
    Deferral.Status.DECLINED: "warning",
    Deferral.Status.WITHDRAWN: "neutral",
}


def running(request: UserRequest) -> SubmissionQuerySet:
    """The person's submissions of collections that SKR has not closed, latest year first, with their requests."""
    deferrals = Deferral.objects.select_related("requested_by", "decided_by").order_by("-requested_at", "-pk")
    return (
        Submission.objects.visible_to(request.user)
        .filter(collection__closed_at=None)
        .select_related("unit", "collection")
        .prefetch_related(Prefetch("deferrals", deferrals))
        .order_by("-collection__year", "unit__sort_key", "unit__pk")
    )


def submission_or_404(request: UserRequest, unit: Unit) -> Submission:
    """The unit's submission of the running collection."""
    submission = running(request).filter(unit=unit).first()
    if submission is None:
        raise Http404
    return submission


@require_safe
def overview(request: UserRequest) -> HttpResponse:
    """My units with their last day and how their requests stand."""
    today, roles = timezone.localdate(), access.roles_of(request.user)
    rows = []
    for submission in running(request).filter(unit__in=roles):
        latest = next(iter(submission.deferrals.all()), None)
        rows.append(
            {
                "submission": submission,
                "latest": latest,
                "tone": TONES[Deferral.Status(latest.status)] if latest else "",
                "can_ask": roles[submission.unit_id] in access.MAY_SUBMIT and states.can_request(submission, today),
                "is_late": submission.due_date < today and submission.status == Submission.Status.NOT_STARTED,
            }
        )
    return render(request, "deferrals/overview.html", {"rows": rows})


@require_safe
def unit(request: UserRequest, code: str) -> HttpResponse:
    """One unit: its last day, what has been asked and answered."""
    chosen = access.unit_or_404(request.user, code)
    submission = submission_or_404(request, chosen)
    today = timezone.localdate()
    reason = states.reason_against(access.check_can_submit, request.user, chosen)
    deferrals = list(submission.deferrals.all())
    context = {
        "unit": chosen,
        "submission": submission,
        "waiting": next((d for d in deferrals if states.can_withdraw(d)), None),
        "history": [{"deferral": d, "tone": TONES[Deferral.Status(d.status)]} for d in deferrals],
        "may_write": not reason,
        "reason": reason or states.reason_against(states.check_can_request, submission, today),
    }
    return render(request, "deferrals/unit.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: UserRequest, code: str) -> HttpResponse:
    """The form that asks for a later date."""
    chosen = access.unit_or_404(request.user, code)
    access.check_can_submit(request.user, chosen)
    submission, today = submission_or_404(request, chosen), timezone.localdate()
    if reason := states.reason_against(states.check_can_request, submission, today):
        messages.info(request, reason)
        return redirect("deferrals:unit", code=code)
    form = DeferralForm(request.POST or None, submission=submission, today=today)
    if request.method == "POST" and form.is_valid():
        try:
            services.request_deferral(submission=submission, by=request.user, at=timezone.now(), **form.cleaned_data)
        except NotAllowed as refusal:
            form.add_error(None, refusal.reason)
        else:
            messages.success(request, "Begäran är skickad. Ni får ett mejl när SKR har svarat.")
            return redirect("deferrals:unit", code=code)
    return render(request, "deferrals/ask.html", {"unit": chosen, "submission": submission, "form": form})


@require_POST
def withdraw(request: UserRequest, code: str, pk: int) -> HttpResponse:
    """Take a waiting request back."""
    chosen = access.unit_or_404(request.user, code)
    access.check_can_submit(request.user, chosen)
    visible = Deferral.objects.visible_to(request.user)
    deferrals = visible.filter(submission__unit=chosen).select_related("submission__unit", "submission__collection")
    deferral = access.row_or_404(request.user, deferrals, pk=pk, visible=visible, unit="submission__unit__code")
    try:
        services.withdraw_deferral(deferral=deferral, by=request.user, at=timezone.now())
    except NotAllowed as refusal:
        messages.warning(request, refusal.reason)
    else:
        messages.success(request, "Begäran är återtagen.")
    return redirect("deferrals:unit", code=code)

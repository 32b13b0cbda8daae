"""Uppskov: my units with their last day, what each has asked and been answered, the forms that ask, and the calendar file."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import NotAllowed, UserRequest
from config.lib import downloads, ical
from config.lib.text import amount
from deferrals import due_dates, exempting, services, states
from deferrals.forms import DeferralForm, ExemptionForm
from deferrals.handling import tidied
from deferrals.history import TONES, history_of
from deferrals.models import Deferral, Exemption, UnitRequest, UnitRequestQuerySet
from profiles import access
from profiles.models import Unit, UnitQuerySet
from submissions import states as submission_states
from submissions.models import Submission
from submissions.models.submission import SubmissionQuerySet

Status = UnitRequest.Status


def running(request: UserRequest) -> SubmissionQuerySet:
    """The person's own submissions of collections that SKR has not closed, latest year first, with their requests."""
    mine = Submission.objects.visible_to(request.user).filter(unit__in=access.roles_of(request.user), collection__closed_at=None)
    return due_dates.with_requests(mine).order_by("-collection__year", "unit__sort_key", "unit__pk")


def newest_or_404(request: UserRequest, unit: Unit) -> Submission:
    """The unit's submission of the newest collection, also a closed one: what was decided can be read afterwards."""
    visible = due_dates.with_requests(Submission.objects.visible_to(request.user).filter(unit=unit))
    submission = visible.order_by("-collection__year", "pk").first()
    if submission is None:
        raise Http404
    return submission


@require_safe
def overview(request: UserRequest) -> HttpResponse:
    """My units with their last day and how their requests stand."""
    today, roles = timezone.localdate(), access.roles_of(request.user)
    submissions = list(running(request))
    late = set(Submission.objects.overdue(today).filter(pk__in=[one.pk for one in submissions]).values_list("pk", flat=True))
    rows = [_row(one, roles[one.unit_id] in access.MAY_SUBMIT, one.pk in late, today) for one in submissions]
    years = {one.collection.year: one.collection for one in submissions}
    context = {
        "rows": rows,
        "can_ask": any(row["can_ask"] for row in rows),
        "collection": next(iter(years.values()), None),
        "units": [] if rows else _with_something_to_read(request),
    }
    return render(request, "deferrals/overview.html", context)


def _with_something_to_read(request: UserRequest) -> UnitQuerySet:
    """My units that have been part of some year; one that has not has no page here."""
    mine = Submission.objects.visible_to(request.user).filter(unit__in=access.roles_of(request.user))
    return Unit.objects.filter(pk__in=mine.values("unit")).in_order()


def _row(submission: Submission, may_submit: bool, is_late: bool, today: date) -> dict[str, Any]:
    latest = next((one for one in submission.deferrals.all() if one.status not in (Status.WITHDRAWN, Status.REVOKED)), None)
    return {
        "submission": submission,
        "latest": latest,
        "tone": TONES[Status(latest.status)] if latest else "",
        "asks_to_be_exempt": any(one.is_waiting for one in submission.exemptions.all()),
        "can_ask": may_submit and states.can_request(submission, today),
        "is_late": is_late,
    }


@require_safe
def unit(request: UserRequest, code: str) -> HttpResponse:
    """One unit: its last day, what has been asked and answered."""
    chosen = access.unit_or_404(request.user, code)
    submission, today = newest_or_404(request, chosen), timezone.localdate()
    deferrals, exemptions = list(submission.deferrals.all()), list(submission.exemptions.all())
    no_role = states.reason_against(access.check_can_submit, request.user, chosen)
    context = {
        "unit": chosen,
        "submission": submission,
        "may_write": not no_role,
        "reason": no_role or states.reason_against(states.check_can_request, submission, today),
        "can_ask_to_be_exempt": not (no_role or states.reason_against(states.check_can_ask_to_be_exempt, submission, today)),
        "direct_until": states.direct_until(submission, today),
        "waiting": next((one for one in deferrals if one.is_waiting), None),
        "asks_to_be_exempt": next((one for one in exemptions if one.is_waiting), None),
        "exempt": next((one for one in exemptions if one.status == Status.GRANTED), None),
        "can_give_back": next(
            (one for one in deferrals if one.status == Status.GRANTED and states.can_take_back(one, today)), None
        ),
        "history": history_of(submission),
        "earlier": _earlier(request, submission),
    }
    return render(request, "deferrals/unit.html", context)


def _earlier(request: UserRequest, submission: Submission) -> list[tuple[Submission, list[dict[str, Any]]]]:
    """The same of other years, where there is something."""
    others = Submission.objects.visible_to(request.user).filter(unit=submission.unit_id).exclude(pk=submission.pk)
    years = due_dates.with_requests(others).order_by("-collection__year", "pk")
    return [(one, history) for one in years if (history := history_of(one))]


# Ask for a later date ------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: UserRequest) -> HttpResponse:
    """The form that asks for a later date, for one unit or several."""
    today, roles = timezone.localdate(), access.roles_of(request.user)
    mine = [one for one in running(request) if roles[one.unit_id] in access.MAY_SUBMIT]
    newest = max((one.collection.year for one in mine), default=0)
    mine = [one for one in mine if one.collection.year == newest]
    if not mine:
        raise NotAllowed("Uppskov begärs av en enhets uppgiftslämnare och kontaktpersoner medan en insamling pågår.")
    if request.method == "POST" and (before := _sent_before(request)):
        return _told(request, before)
    reasons = {one.pk: states.reason_against(states.check_can_request, one, today) for one in mine}
    askable = [one for one in mine if not reasons[one.pk]]
    cannot = [(one, reasons[one.pk]) for one in mine if reasons[one.pk]]
    if not askable:
        messages.info(request, cannot[0][1] if len(cannot) == 1 else "Ingen av dina enheter kan begära uppskov just nu.")
        return redirect("deferrals:unit", cannot[0][0].unit.code) if len(cannot) == 1 else redirect("deferrals:overview")
    chosen = [code for code in request.GET.getlist("enhet") if code in {one.unit.code for one in askable}]
    form = DeferralForm(request.POST or None, askable=askable, today=today, initial={"units": chosen})
    if request.method == "POST" and form.is_valid():
        values = {**form.cleaned_data, "submissions": form.cleaned_data["units"]}
        del values["units"]
        try:
            made = services.request_deferrals(by=request.user, at=timezone.now(), **values)
        except services.SomeCannot as refusal:
            for unit, sentence in refusal.reasons:
                form.add_error("units" if len(askable) > 1 else None, f"{unit.name}: {sentence}")
        except NotAllowed as refusal:
            form.add_error(None, refusal.reason)
        else:
            return _told(request, made)
    context = {
        "form": form,
        "only": askable[0] if len(askable) == 1 else None,
        "cannot": cannot,
        "direct": [(one, until) for one in askable if (until := states.direct_until(one, today))],
        "collection": askable[0].collection,
    }
    return render(request, "deferrals/ask.html", context)


def _sent_before(request: UserRequest) -> list[Deferral]:
    """What this very form has asked for already: pressed twice, or sent again by going back."""
    text = request.POST.get
    same = services.asked_before(text("nonce", ""), request.user)
    asked = {(text("requested_date"), text("reason"), tidied(text("text", "")))}
    is_same = {one.submission.unit.code for one in same} == set(request.POST.getlist("units"))
    return same if is_same and {(one.requested_date.isoformat(), one.reason, one.text) for one in same} == asked else []


def _told(request: UserRequest, made: list[Deferral]) -> HttpResponse:
    """Say what became of each, and go to the page that shows it. One sent again may have moved on since it was asked."""
    granted = [one for one in made if one.rule_days is not None and one.status == Status.GRANTED]
    waiting = [one for one in made if one.is_waiting]
    for one in made:
        if one not in granted and one not in waiting:
            label = Status(one.status).label.lower()
            messages.info(
                request,
                f"Formuläret är redan skickat, och begäran för {one.submission.unit.name} är nu {label}. "
                "Öppna formuläret på nytt om ni vill begära ett annat datum.",
            )
    for of_day in _by_day(granted):
        names = ", ".join(one.submission.unit.name for one in of_day)
        messages.success(request, f"Uppskov är beviljat direkt för {names}. Ny sista dag är {of_day[0].granted_date}.")
    if waiting and len(made) == 1:
        messages.success(request, "Begäran är skickad. Ni får ett mejl när SKR har svarat.")
    elif waiting:
        messages.success(
            request, f"Begäran är skickad för {amount(len(waiting), 'enhet', 'enheter')}. Ni får ett mejl när SKR har svarat."
        )
    return redirect("deferrals:unit", made[0].submission.unit.code) if len(made) == 1 else redirect("deferrals:overview")


def _by_day(deferrals: Iterable[Deferral]) -> list[list[Deferral]]:
    days: dict[date | None, list[Deferral]] = {}
    for one in deferrals:
        days.setdefault(one.granted_date, []).append(one)
    return list(days.values())


@require_POST
def withdraw(request: UserRequest, code: str, pk: int) -> HttpResponse:
    """Take a request back: one that waits, or a date that was granted and is not needed."""
    deferral = _of_unit(request, Deferral.objects.all(), code, pk)
    was_granted = deferral.status == Status.GRANTED
    try:
        seen = request.POST.get("seen", Status.REQUESTED)
        services.take_back_deferral(deferral=deferral, seen=seen, by=request.user, at=timezone.now())
    except NotAllowed as refusal:
        messages.warning(request, refusal.reason)
    else:
        last = Submission.objects.select_related("collection").get(pk=deferral.submission_id).due_date
        done = f"Uppskovet är borttaget. Sista dag är nu {last.isoformat()}." if was_granted else "Begäran är återtagen."
        messages.success(request, done)
    return redirect("deferrals:unit", code=code)


def _of_unit(request: UserRequest, rows: UnitRequestQuerySet, code: str, pk: int) -> Any:
    """One of the unit's requests, for somebody who may write; 404 for another's."""
    chosen = access.unit_or_404(request.user, code)
    access.check_can_submit(request.user, chosen)
    visible = rows.visible_to(request.user)
    mine = visible.filter(submission__unit=chosen).with_people()
    return access.row_or_404(request.user, mine, pk=pk, visible=visible, unit="submission__unit__code")


# Not part of the year ------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def ask_to_be_exempt(request: UserRequest, code: str) -> HttpResponse:
    """The form that asks not to be part of the year."""
    chosen = access.unit_or_404(request.user, code)
    access.check_can_submit(request.user, chosen)
    submission, today = newest_or_404(request, chosen), timezone.localdate()
    form = ExemptionForm(request.POST or None)
    reason = states.reason_against(states.check_can_ask_to_be_exempt, submission, today)
    if reason and request.method != "POST":
        messages.info(request, reason)
        return redirect("deferrals:unit", code=code)
    if request.method == "POST" and form.is_valid():
        try:
            exempting.request_exemption(submission=submission, by=request.user, at=timezone.now(), **form.cleaned_data)
        except NotAllowed as refusal:
            form.add_error(None, refusal.reason)
        else:
            messages.success(request, "Begäran är skickad. Ni får ett mejl när SKR har svarat.")
            return redirect("deferrals:unit", code=code)
    can_state_nobody = submission_states.can_state_nobody(request.user, submission, today=today)
    context = {"unit": chosen, "submission": submission, "form": form, "can_state_nobody": can_state_nobody}
    return render(request, "deferrals/ask_to_be_exempt.html", context)


@require_POST
def withdraw_exemption(request: UserRequest, code: str, pk: int) -> HttpResponse:
    """Take back the request not to be part of the year."""
    exemption = _of_unit(request, Exemption.objects.all(), code, pk)
    try:
        exempting.take_back_exemption(exemption=exemption, by=request.user, at=timezone.now())
    except NotAllowed as refusal:
        messages.warning(request, refusal.reason)
    else:
        messages.success(request, "Begäran är återtagen.")
    return redirect("deferrals:unit", code=code)


# The calendar --------------------------------------------------------------------------------------------------------


@require_safe
def calendar(request: UserRequest) -> HttpResponseBase:
    """The last days of all my units, as a file that a calendar takes in."""
    submissions = list(running(request))
    if not submissions:
        raise Http404
    content = due_dates.calendar_of(submissions, name="Personalstatistik, sista dag")
    return downloads.attachment(content, name="sista-dag.ics", content_type=ical.CONTENT_TYPE)


@require_safe
def unit_calendar(request: UserRequest, code: str) -> HttpResponseBase:
    """The last day of one unit."""
    chosen = access.unit_or_404(request.user, code)
    content = due_dates.calendar_of([newest_or_404(request, chosen)], name=f"Personalstatistik, {chosen.name}")
    return downloads.attachment(content, name=f"sista-dag-{chosen.code}.ics", content_type=ical.CONTENT_TYPE)

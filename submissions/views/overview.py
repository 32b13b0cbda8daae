"""My units' submissions, one submission, and its upload."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import NotAllowed, UserRequest
from config.lib import uploads
from submissions import states
from submissions.models import Delivery, Submission, SubmissionEvent
from submissions.services import deliver, intake, issuing, points
from submissions.situation import Situation, situation_of
from submissions.views.common import Room, enter
from submissions.views.receiving import answer_for, upload_form
from submissions.views.review import points_shown
from submissions.views.versions import versions_of

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Card:
    """One row of the overview."""

    submission: Submission
    situation: Situation
    url: str


@require_GET
def overview(request: UserRequest) -> HttpResponse:
    """The units' submissions, newest year first; with one unit straight into its newest year that has opened (the others are listed there).

    SKR's people work in the admin.
    """
    if request.user.is_staff:
        return redirect("admin:index")
    submissions = (
        Submission.objects.visible_to(request.user)
        .select_related("unit", "collection")
        .order_by("-collection__year", "unit__sort_key", "pk")
    )
    page = Paginator(submissions, PER_PAGE).get_page(request.GET.get("sida"))
    opened = (one for one in page.object_list if one.collection.opens_on <= timezone.localdate())
    newest = next(opened, None) or next(iter(page.object_list), None)
    if newest is not None and len({submission.unit_id for submission in page.object_list}) == 1:
        return redirect("submissions:submission", newest.unit.code, newest.collection.year)
    return render(request, "submissions/overview.html", {"page": page, "years": _by_year(list(page.object_list))})


def _by_year(submissions: list[Submission]) -> list[tuple[int, list[Card]]]:
    current = {d.submission_id: d for d in Delivery.objects.light().filter(submission__in=submissions, is_current=True)}
    today, reopened = timezone.localdate(), issuing.reopened_among(submissions)
    optional, left = states.explaining_is_optional(submissions), points.open_counts(submissions)
    years: dict[int, list[Card]] = {}
    for submission in submissions:
        card = Card(
            submission,
            situation_of(
                submission,
                current.get(submission.pk),
                today=today,
                is_reopened=submission.pk in reopened,
                must_explain=submission.pk not in optional,
                points=left[submission.pk],
            ),
            reverse("submissions:submission", args=[submission.unit.code, submission.collection.year]),
        )
        years.setdefault(submission.collection.year, []).append(card)
    return list(years.items())


@require_GET
def submission(request: UserRequest, code: str, year: int) -> HttpResponse:
    """One unit's submission: state, who has the ball, what to do now, the files and the history."""
    room = enter(request, code, year)
    events = list(SubmissionEvent.objects.filter(submission=room.submission).select_related("by").order_by("-at", "-pk")[:100])
    context = room.context(
        form=upload_form(room),
        going_on=room.going_on,
        outcome=f"utfall-kontroll-{room.newest.pk}" if room.newest and not room.waiting else "",
        now_title=_now_title(room),
        now_tone="brand" if room.situation.is_ours else "success",
        versions=versions_of(room),
        asked_by_skr=points_shown(room),
        other_years=_other_years(request, room.submission),
        events=events,
        why_not_withdraw=states.reason_against(states.check_can_withdraw, request.user, room.submission, today=room.today),
        receipt=issuing.receipt_in_force(room.submission),
    )
    return render(request, "submissions/submission.html", context)


def _now_title(room: Room) -> str:
    """The heading of the box that says what to do, or how it stands."""
    if not room.situation.is_ours:
        return "Så står det till"
    return "Gör nu" if room.current or room.why_not_upload else "Lämna årets fil"


def _other_years(request: UserRequest, submission: Submission) -> list[Submission]:
    """The same unit's submissions of other years, newest first."""
    of_unit = Submission.objects.visible_to(request.user).filter(unit=submission.unit).exclude(pk=submission.pk)
    return list(of_unit.select_related("collection").order_by("-collection__year", "pk"))


@require_http_methods(["GET", "POST"])
def upload(request: UserRequest, code: str, year: int) -> HttpResponse:
    """Deliver a file; the answer is the review page, or the page of the refused file."""
    room = enter(request, code, year)
    if request.method == "GET":
        return render(request, "submissions/upload.html", room.context(form=upload_form(room)))
    if room.why_not_test:
        raise NotAllowed(room.why_not_test)
    too_large = uploads.was_too_large(request)
    too_many = uploads.were_too_many(request)
    form = upload_form(room, request.POST, request.FILES, too_large=too_large, too_many=too_many)
    if not form.is_valid():
        return render(request, "submissions/upload.html", room.context(form=form), status=413 if too_large else 422)
    if room.why_not_upload and not form.is_test:
        raise NotAllowed(room.why_not_upload)
    try:
        chosen = intake.joined([(file.name or "", uploads.content_of(file)) for file in form.cleaned_data["file"]])
        delivery = deliver.receive_delivery(
            submission=room.submission,
            content=chosen.content,
            name=chosen.name,
            part_sizes=chosen.part_sizes,
            is_test=form.is_test,
            by=request.user,
            at=room.now,
        )
    except intake.FileRefused as refusal:
        form.add_error("file", refusal.reason)
        return render(request, "submissions/upload.html", room.context(form=form), status=refusal.status)
    return answer_for(request, room, deliver.try_check(delivery=delivery, at=room.now, content=chosen.content))

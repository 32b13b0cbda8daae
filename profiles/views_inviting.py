"""Invite several colleagues at once, and see what became of each line."""

from __future__ import annotations

from collections import Counter

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.access import UserRequest
from accounts.step_up import needs_step_up
from config.lib.text import amount
from profiles import access, inviting
from profiles.forms import ManyForm


@require_http_methods(["GET", "HEAD", "POST"])
@needs_step_up
def invite_many(request: UserRequest, code: str) -> HttpResponse:
    """A list of addresses with one role. Lines that could not be invited stay in the box, the others are told of."""
    chosen = access.unit_or_404(request.user, code)
    access.check_can_manage_people(request.user, chosen)
    form = ManyForm(request.POST if request.method == "POST" else None)
    outcomes: list[inviting.Outcome] = []
    if form.is_valid():
        outcomes = inviting.invite_many(
            unit=chosen,
            lines=form.cleaned_data["people"],
            role=form.cleaned_data["role"],
            ends_on=form.cleaned_data["ends_on"],
            by=request.user,
            at=timezone.now(),
        )
        if all(one.kind in {"invited", "added"} for one in outcomes):
            messages.success(request, _summary(outcomes))
            return redirect("profiles:unit", code=code)
        left = "\n".join(one.line.text for one in outcomes if one.kind == "refused")
        form = ManyForm(initial=form.cleaned_data | {"people": left})
    context = {
        "unit": chosen,
        "form": form,
        "outcomes": outcomes,
        "summary": _summary(outcomes),
        "is_left": any(one.kind == "refused" for one in outcomes),
    }
    return render(request, "profiles/invite_many.html", context)


def _summary(outcomes: list[inviting.Outcome]) -> str:
    """How many of each sort, in a sentence each."""
    counts = Counter(one.kind for one in outcomes)
    sentences = []
    if counts["invited"]:
        sentences.append(f"{amount(counts['invited'], 'inbjudan är skickad', 'inbjudningar är skickade')}.")
    if counts["added"]:
        sentences.append(f"{amount(counts['added'], 'person', 'personer')} hade redan ett konto och fick rollen direkt.")
    if counts["there"]:
        sentences.append(f"{amount(counts['there'], 'person', 'personer')} fanns redan och har inte fått något nytt mejl.")
    if counts["refused"]:
        sentences.append(f"{amount(counts['refused'], 'person', 'personer')} kunde inte bjudas in.")
    return " ".join(sentences)

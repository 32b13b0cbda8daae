"""Vem har sett våra rader: the unit's list of looks at its rows, and the same as a file."""

from __future__ import annotations

from django import forms
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import exports
from accounts.access import UserRequest
from config.lib import csv_file, downloads
from profiles import access
from profiles.insight import ALL, HEADING, PERIODS, WHO, Choice, events, looks, table

PAGE_SIZE = 50


class ChoiceForm(forms.Form):
    """Narrows the list. What is no choice of ours narrows nothing."""

    vem = forms.ChoiceField(label="Vem", choices=WHO, required=False)
    period = forms.ChoiceField(label="Tid", choices=PERIODS, required=False)

    @property
    def choice(self) -> Choice:
        """What was chosen."""
        self.full_clean()
        return Choice(self.cleaned_data.get("vem") or ALL, self.cleaned_data.get("period") or ALL)


@require_safe
def insight(request: UserRequest, code: str) -> HttpResponse:
    """The list, fifty at a time."""
    unit = access.unit_or_404(request.user, code)
    choice = ChoiceForm(request.GET).choice
    page = Paginator(events(unit, choice, now=timezone.now()), PAGE_SIZE).get_page(request.GET.get("sida"))
    context = {
        "unit": unit,
        "choice": choice,
        "form": ChoiceForm(initial={"vem": choice.who, "period": choice.period}),
        "page": page,
        "looks": looks(unit, page.object_list),
        "can_export": access.can_export(request.user, unit),
    }
    return render(request, "profiles/insight.html", context)


@exports.export_view(back="profiles:insight")
def export_insight(request: UserRequest, code: str) -> HttpResponseBase:
    """The same list as CSV, narrowed as the page was."""
    unit = access.unit_or_404(request.user, code)
    access.check_can_export(request.user, unit)
    now = timezone.now()
    exports.reserve(by=request.user, unit=unit.code, at=now)
    found = looks(unit, events(unit, ChoiceForm(request.POST).choice, now=now))
    exports.record(
        by=request.user,
        unit=unit.code,
        object="listan över vem som har sett raderna",
        rows=len(found),
        purpose=exports.OWN_COPY,
        at=now,
    )
    content = b"".join(csv_file.write(HEADING, table(found)))
    return downloads.attachment(content, name=f"Personalstatistik insyn {unit.name}.csv", content_type=csv_file.CONTENT_TYPE)

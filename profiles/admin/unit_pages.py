"""Further pages of a unit in the admin: the units it belongs with, and requests for a role where nobody there can answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts import viewing
from accounts.access import NotAllowed
from accounts.step_up import needs_step_up
from profiles import access, dossier, facts, relations, requests
from profiles.admin.forms import LastDayForm, RelationForm
from profiles.admin.name_pages import NamePages
from profiles.admin.viewing import view_as_page
from profiles.forms_requests import AnswerForm
from profiles.models import Unit, UnitRelation

FORM = require_http_methods(["GET", "HEAD", "POST"])


class UnitPages(NamePages):
    """What `UnitAdmin` has besides its list, its facts and the invitation."""

    def pages(self) -> Iterable[tuple[str, Callable[..., HttpResponse], str]]:
        """Relate, end a relation, answer a request."""
        return [
            *super().pages(),
            ("<int:unit_id>/visa-som/", FORM(self.view_as), "view_as"),
            ("<int:unit_id>/relation/", FORM(self.relate), "relate"),
            ("<int:unit_id>/relation/<int:relation_id>/avsluta/", FORM(self.end_relation), "end_relation"),
            ("<int:unit_id>/begaran/<int:request_id>/", FORM(needs_step_up(self.answer_request)), "answer_request"),
        ]

    def details(self, request: HttpRequest, obj: Unit) -> dict[str, Any]:
        """Contact, numbers, relations and waiting requests."""
        may_relate = request.user.has_perm(relations.PERMISSION)
        may_answer = request.user.has_perm("profiles.invite_membership")
        return {
            "contact": facts.contact_person(obj),
            "numbers": facts.numbers_of(obj),
            "payroll": dossier.payroll_of(obj),
            "history": dossier.history_of(obj),
            "ties": [
                (tie, self.page_url("end_relation", obj.pk, tie.pk) if may_relate and tie.valid_to is None else "")
                for tie in relations.ties_of(obj, on=timezone.localdate())
            ],
            "view_as_url": self.page_url("view_as", obj.pk) if request.user.has_perm(viewing.PERMISSION) else "",
            "relate_url": self.page_url("relate", obj.pk) if may_relate else "",
            "asked": [
                (one, self.page_url("answer_request", obj.pk, one.pk) if may_answer else "") for one in requests.waiting_of(obj)
            ],
            **self.names_shown(request, obj),
            **self.notes_shown(request, obj),
        }

    def view_as(self, request: HttpRequest, unit_id: int) -> HttpResponse:
        """Visa som uppgiftslämnaren: see the portal as the unit does, and change nothing."""
        unit = self.find(request, unit_id)
        return view_as_page(self, request, unit, about=unit, back=self.object_url(unit), to=reverse("start"))

    def relate(self, request: HttpRequest, unit_id: int) -> HttpResponse:
        """Write down how the unit belongs with another."""
        asked = self.require(request, relations.PERMISSION)
        unit = self.find(request, unit_id)
        form = RelationForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                _, is_new = relations.relate_units(child=unit, by=asked.user, at=timezone.now(), **form.cleaned_data)
            except NotAllowed as refusal:
                form.add_error("parent", refusal.reason)
            else:
                messages.success(request, "Relationen är sparad." if is_new else "Relationen fanns redan. Inget är ändrat.")
                return HttpResponseRedirect(self.object_url(unit))
        return self.show(request, "admin/profiles/relate.html", unit, {"form": form, "unit_url": self.object_url(unit)})

    def end_relation(self, request: HttpRequest, unit_id: int, relation_id: int) -> HttpResponse:
        """Say until when a relation held."""
        asked = self.require(request, relations.PERMISSION)
        unit = self.find(request, unit_id)
        relation = UnitRelation.objects.select_related("child", "parent").filter(pk=relation_id).first()
        if relation is None or unit.pk not in {relation.child_id, relation.parent_id}:
            raise Http404
        initial = {"valid_to": timezone.localdate()}
        form = LastDayForm(request.POST if request.method == "POST" else None, initial=initial)
        if form.is_valid():
            try:
                is_news = relations.end_relation(relation=relation, by=asked.user, at=timezone.now(), **form.cleaned_data)
            except NotAllowed as refusal:
                form.add_error("valid_to", refusal.reason)
            else:
                messages.success(request, "Relationen är avslutad." if is_news else "Relationen var redan avslutad.")
                return HttpResponseRedirect(self.object_url(unit))
        context = {"form": form, "relation": relation, "unit_url": self.object_url(unit)}
        return self.show(request, "admin/profiles/end_relation.html", unit, context)

    def answer_request(self, request: HttpRequest, unit_id: int, request_id: int) -> HttpResponse:
        """Grant or decline a request for a role, where the unit has nobody who can or asks SKR to."""
        who = self.require(request, "profiles.invite_membership")
        unit = self.find(request, unit_id)
        asked = unit.access_requests.select_related("user", "unit", "answered_by").filter(pk=request_id).first()
        if asked is None:
            raise Http404
        form = AnswerForm(request.POST if request.method == "POST" else None, initial=requests.suggestion(asked))
        if form.is_valid():
            try:
                message = requests.answer_request(
                    request=asked, button=request.POST.get("svar", ""), by=who.user, at=timezone.now(), **form.cleaned_data
                )
            except NotAllowed as refusal:
                form.add_error(None, refusal.reason)
            else:
                messages.success(request, message)
                return HttpResponseRedirect(self.object_url(unit))
        context = {"form": form, "asked": asked, "unit_url": self.object_url(unit), "held": access.role_at(asked.user, unit)}
        return self.show(request, "admin/profiles/answer_request.html", unit, context)

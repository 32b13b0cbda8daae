"""Send several questions to one unit or many: a form, a preview of exactly who gets what, and the sending.

What is sent is what the preview showed: the page carries a mark of it, and where anything has changed since (a unit's name, a
person who came or went) the new preview is shown instead.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from accounts.access import NotAllowed, UserRequest
from accounts.admin_site import PortalAdmin
from config.lib.text import amount, one_line
from messaging import services
from messaging.admin.forms import QuestionsForm
from messaging.models import QuestionBatch, Thread
from messaging.services.questions import MOST_QUESTIONS
from messaging.services.templates import PLACES_IN_WORDS, unknown_places
from messaging.services.words import clean_subject, clean_text
from profiles import access as unit_access
from profiles.models import Membership, Unit

MOST_UNITS = 400
SHOWN_UNKNOWN = 10
PARAGRAPHS = re.compile(r"\n\s*\n")


@dataclass(frozen=True, slots=True)
class Sending:
    """What one unit gets, and who there is told of it."""

    unit: Unit
    subject: str
    text: str
    questions: tuple[str, ...]
    people: tuple[str, ...]


def questions_of(text: str) -> list[str]:
    """The questions of a text: one a paragraph, without a number that was typed before it."""
    paragraphs = PARAGRAPHS.split(text.replace("\r\n", "\n").replace("\r", "\n"))
    return [re.sub(r"^\d{1,2}[.)]\s+", "", one.strip()) for one in paragraphs if one.strip()]


def units_named(lines: Sequence[str], units: Sequence[Unit]) -> tuple[list[Unit], list[str]]:
    """The units that the lines name by code or name, and the lines that name none. "0488 Trosa" and "0488;Trosa" do too."""
    by_code, by_name = {unit.code: unit for unit in units}, {unit.name.casefold(): unit for unit in units}
    found, unknown = [], []
    for line in filter(None, (one_line(line) for line in lines)):
        first = re.split(r"[\s;,]", line, maxsplit=1)[0]
        unit = by_code.get(line) or by_name.get(line.casefold()) or by_code.get(first)
        if unit:
            found.append(unit)
        else:
            unknown.append(line)
    return found, unknown


class QuestionPages(PortalAdmin):
    """The page with the form and its preview."""

    with_template: Callable[..., Any]

    def questions(self, request: HttpRequest) -> HttpResponse:
        """Fill in, preview, send; `gor` says which."""
        asked, now = self.require(request, "messaging.answer_thread"), timezone.now()
        step = request.POST.get("gor", "")
        chosen = request.GET.get("enhet", "")
        form = QuestionsForm(request.POST if request.method == "POST" else None, initial={"units": chosen})
        if request.method != "POST" or step == "andra":
            return self._form(request, form if request.method != "POST" else QuestionsForm(initial=form.data.dict()))  # type: ignore[attr-defined]
        if step == "mall":
            return self._form(request, self._with_template(request, form))
        units = self._units(form, asked) if form.is_valid() else []
        sendings = self._sendings(form, units, asked) if form.is_valid() else []
        if form.errors:
            return self._form(request, form)
        mark = mark_of(sendings)
        if step == "skicka" and request.POST.get("mark") == mark:
            return self._send(request, asked, form, units)
        if step == "skicka":
            messages.warning(request, "Något har ändrats sedan förhandsgranskningen. Läs igenom den nya och skicka sedan.")
        silent = sum(not one.people for one in sendings)
        fields = [(name, form.data.get(name, "")) for name in form.fields]
        context = {"form": form, "sendings": sendings, "mark": mark, "fields": fields, "silent": silent, "now": now}
        return self._page(request, "admin/messaging/questions_preview.html", context)

    def _send(self, request: HttpRequest, asked: UserRequest, form: QuestionsForm, units: list[Unit]) -> HttpResponse:
        now, values = timezone.now(), form.cleaned_data
        try:
            batch = services.send_questions(
                units=units,
                category=values["category"],
                subject=values["subject"],
                text=values["text"],
                questions=questions_of(values["questions"]),
                by=asked.user,
                at=now,
                nonce=values["nonce"],
                fill=services.filler(by=asked.user, at=now),
            )
        except NotAllowed as refusal:
            form.add_error(None, refusal.reason)
            return self._form(request, form)
        sent = QuestionBatch.objects.get(pk=batch.pk).threads.count()
        messages.success(request, f"Frågorna är skickade till {amount(sent, 'enhet', 'enheter')}.")
        if sent == 1:
            return HttpResponseRedirect(self.object_url(Thread.objects.get(batch=batch)))
        return HttpResponseRedirect(self.list_url())

    def _units(self, form: QuestionsForm, asked: UserRequest) -> list[Unit]:
        """The units that the form names, each once and in order; what is wrong stands at the fields."""
        active = list(Unit.objects.visible_to(asked.user).filter(is_active=True).order_by("sort_key", "pk"))
        found, unknown = units_named(form.cleaned_data["units"].splitlines(), active)
        kind, county = form.cleaned_data["kind"], form.cleaned_data["county"]
        if unknown:
            shown = ", ".join(unknown[:SHOWN_UNKNOWN])
            more = f" och {len(unknown) - SHOWN_UNKNOWN} till" if len(unknown) > SHOWN_UNKNOWN else ""
            form.add_error("units", f"Vi hittar ingen enhet som heter så och lämnar uppgifter: {shown}{more}.")
        if kind or county:
            found += [unit for unit in active if (not kind or unit.kind == kind) and unit.code.startswith(county)]
        chosen = {unit.pk for unit in found}
        if not chosen and not unknown:
            form.add_error("units", "Skriv minst en enhet, eller välj ett slag eller ett län.")
        if len(chosen) > MOST_UNITS:
            form.add_error("units", f"Högst {MOST_UNITS} enheter på en gång.")
        return [unit for unit in active if unit.pk in chosen]

    def _sendings(self, form: QuestionsForm, units: Sequence[Unit], asked: UserRequest) -> list[Sending]:
        """What each unit would get, word for word."""
        values, fill = dict(form.cleaned_data), services.filler(by=asked.user, at=timezone.now())
        questions = questions_of(values["questions"])
        if not 0 < len(questions) <= MOST_QUESTIONS:
            form.add_error("questions", f"Skriv mellan en och {MOST_QUESTIONS} frågor.")
        for name in ("subject", "text", "questions"):
            if unknown := unknown_places(values[name]):
                named = ", ".join(f"{{{place}}}" for place in unknown)
                form.add_error(name, f"{named} går inte att fylla i. De här går: {PLACES_IN_WORDS}.")
        if form.errors:
            return []
        people = people_of(units)
        sendings = []
        for unit in units:
            try:
                subject, text = clean_subject(fill(unit, values["subject"])), clean_text(fill(unit, values["text"]))
                asked_here = tuple(clean_text(fill(unit, question)) for question in questions)
            except NotAllowed as refusal:
                form.add_error("subject" if "mne" in refusal.reason else "text", refusal.reason)
                return []
            sendings.append(Sending(unit, subject, text, asked_here, people.get(unit.pk, ())))
        return sendings

    def _with_template(self, request: HttpRequest, form: QuestionsForm) -> QuestionsForm:
        """The form as it was typed with the ready text after it, its places still open: the preview fills them in."""
        form.full_clean()
        chosen = form.cleaned_data.get("template")
        typed = {name: form.data.get(name, "") for name in form.fields}
        if chosen is None:
            messages.info(request, "Välj en mall först.")
        else:
            typed["text"] = "\n\n".join(filter(None, [typed["text"].strip(), chosen.text]))
            typed["subject"] = typed["subject"].strip() or chosen.subject
            typed["category"] = chosen.category or typed["category"]
        return QuestionsForm(initial=typed)

    def _form(self, request: HttpRequest, form: QuestionsForm) -> HttpResponse:
        return self._page(
            request, "admin/messaging/questions.html", {"form": form, "has_templates": bool(services.active_templates())}
        )

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        return self.show(request, template, None, {"questions_url": self.page_url("questions"), **context})


def mark_of(sendings: Sequence[Sending]) -> str:
    """A mark of all that a preview shows, to tell whether it still holds."""
    told = hashlib.sha256()
    for one in sendings:
        told.update("\0".join((one.unit.code, one.subject, one.text, *one.questions, *one.people, "\1")).encode())
    return told.hexdigest()


def people_of(units: Sequence[Unit]) -> dict[int, tuple[str, ...]]:
    """By unit, the names of those who may answer; one query."""
    found: dict[int, list[str]] = {}
    rows = Membership.objects.in_force().filter(unit__in=units, role__in=unit_access.MAY_SUBMIT, user__is_active=True)
    for row in rows.select_related("user").order_by("user__name", "pk"):
        found.setdefault(row.unit_id, []).append(str(row.user))
    return {key: tuple(names) for key, names in found.items()}

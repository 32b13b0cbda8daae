"""The pages of SKR's own notes on a unit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import NotAllowed
from accounts.admin_site import PortalAdmin
from profiles import notes
from profiles.admin.forms import CorrectNoteForm, NoteForm
from profiles.models import Unit, UnitNote

ANCHOR = "#anteckningar"


class NotePages(PortalAdmin):
    """Write, correct, pin and take away; who may not see notes gets 403."""

    def pages(self) -> Iterable[tuple[str, Callable[..., HttpResponse], str]]:
        """The list stands on the unit's page."""
        form = require_http_methods(["GET", "HEAD", "POST"])
        return [
            ("<int:unit_id>/anteckna/", require_POST(self.note), "note"),
            ("<int:unit_id>/anteckning/<int:note_id>/", form(self.correct_note), "correct_note"),
            ("<int:unit_id>/anteckning/<int:note_id>/fast/", require_POST(self.pin_note), "pin_note"),
            ("<int:unit_id>/anteckning/<int:note_id>/lossa/", require_POST(self.unpin_note), "unpin_note"),
            ("<int:unit_id>/anteckning/<int:note_id>/ta-bort/", require_POST(self.remove_note), "remove_note"),
        ]

    def notes_shown(self, request: HttpRequest, unit: Unit) -> dict[str, Any]:
        """The notes with the buttons that this person has, for the unit's page."""
        user: Any = request.user
        may_write = user.has_perm(notes.WRITE)
        if not user.has_perm(notes.VIEW):
            return {"may_see_notes": False}
        return {
            "may_see_notes": True,
            "notes": [(one, self._buttons(one, user) if may_write else {}) for one in notes.notes_of(unit)],
            "note_form": NoteForm(),
            "note_url": self.page_url("note", unit.pk) if may_write else "",
        }

    def _buttons(self, note: UnitNote, user: Any) -> dict[str, str]:
        """The addresses of what this person may do with the note, by what it is."""
        names = ["unpin_note" if note.pinned_at else "pin_note"]
        if note.by_id == user.pk:
            names += ["correct_note", "remove_note"]
        return {name: self.page_url(name, note.unit_id, note.pk) for name in names}

    def note(self, request: HttpRequest, unit_id: int) -> HttpResponse:
        """Note something that the unit never sees."""
        asked = self.require(request, notes.WRITE)
        unit = self.find(request, unit_id)
        form = NoteForm(request.POST)
        if form.is_valid():
            values = {"text": form.cleaned_data["note"], **{n: form.cleaned_data[n] for n in ("is_pinned", "nonce")}}
            try:
                notes.add_note(unit=unit, by=asked.user, at=timezone.now(), **values)
            except NotAllowed as refusal:
                form.add_error("note", refusal.reason)
            else:
                messages.success(request, "Anteckningen är sparad. Enheten ser den inte.")
                return self._back(unit)
        return self.object_page(request, unit, note_form=form)

    def correct_note(self, request: HttpRequest, unit_id: int, note_id: int) -> HttpResponse:
        """Put one's own words right."""
        asked = self.require(request, notes.WRITE)
        unit = self.find(request, unit_id)
        note = _found(unit, note_id)
        if note is None:
            raise Http404
        initial = {"note": note.text, "revision": note.revision}
        form = CorrectNoteForm(request.POST if request.method == "POST" else None, initial=initial)
        if form.is_valid():
            values = {"text": form.cleaned_data["note"], "revision": form.cleaned_data["revision"]}
            try:
                is_news = notes.correct_note(note=note, by=asked.user, at=timezone.now(), **values)
            except NotAllowed as refusal:
                form.add_error("note", refusal.reason)
            else:
                messages.success(request, "Anteckningen är rättad." if is_news else "Inget är ändrat.")
                return self._back(unit)
        context = {"form": form, "unit_url": self.object_url(unit), "is_own": note.by_id == asked.user.pk, "note": note}
        return self.show(request, "admin/profiles/correct_note.html", unit, context)

    def pin_note(self, request: HttpRequest, unit_id: int, note_id: int) -> HttpResponse:
        """Fäst överst."""
        return self._press(request, unit_id, note_id, notes.pin_note, "Anteckningen står överst.")

    def unpin_note(self, request: HttpRequest, unit_id: int, note_id: int) -> HttpResponse:
        """Lossa."""
        return self._press(request, unit_id, note_id, notes.unpin_note, "Anteckningen står bland de andra.")

    def remove_note(self, request: HttpRequest, unit_id: int, note_id: int) -> HttpResponse:
        """Ta bort, for the writer."""
        return self._press(request, unit_id, note_id, notes.remove_note, "Anteckningen är borttagen.")

    def _press(
        self, request: HttpRequest, unit_id: int, note_id: int, service: Callable[..., object], done: str
    ) -> HttpResponse:  # fmt: skip
        """A button on the note. One that is gone meanwhile is told of on the unit's page."""
        asked = self.require(request, notes.WRITE)
        unit = self.find(request, unit_id)
        note = _found(unit, note_id)
        back = f"{self.object_url(unit)}{ANCHOR}"
        if note is None:
            messages.info(request, "Anteckningen är borttagen.")
            return HttpResponseRedirect(back)
        return self.perform(request, lambda: service(note=note, by=asked.user, at=timezone.now()), done=done, back=back)

    def _back(self, unit: Unit) -> HttpResponse:
        return HttpResponseRedirect(f"{self.object_url(unit)}{ANCHOR}")


def _found(unit: Unit, note_id: int) -> UnitNote | None:
    return UnitNote.objects.filter(unit=unit, pk=note_id).select_related("unit", "by").first()

"""The pages about what a unit is called."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import NotAllowed
from profiles import names
from profiles.admin.forms import RenameForm
from profiles.admin.note_pages import NotePages
from profiles.models import Unit, UnitName


class NamePages(NotePages):
    """Give a new name from a day, and take one back that has not come yet."""

    def pages(self) -> Iterable[tuple[str, Callable[..., HttpResponse], str]]:
        """Both are the Samordnare's."""
        return [
            *super().pages(),
            ("<int:unit_id>/byt-namn/", require_http_methods(["GET", "HEAD", "POST"])(self.rename), "rename"),
            ("<int:unit_id>/namn/<int:name_id>/ta-bort/", require_POST(self.withdraw_name), "withdraw_name"),
        ]

    def names_shown(self, request: HttpRequest, unit: Unit) -> dict[str, Any]:
        """Every name, and the ways to change them, for the unit's page."""
        may_rename, today = request.user.has_perm(names.PERMISSION), timezone.localdate()
        return {
            "names": [(one, self._way_back(one, today) if may_rename else "") for one in names.names_of(unit)],
            "rename_url": self.page_url("rename", unit.pk) if may_rename else "",
            "today": today,
        }

    def _way_back(self, name: UnitName, today: Any) -> str:
        is_ahead = name.valid_from is not None and name.valid_from > today
        return self.page_url("withdraw_name", name.unit_id, name.pk) if is_ahead else ""

    def rename(self, request: HttpRequest, unit_id: int) -> HttpResponse:
        """What the unit is called from a day on."""
        asked = self.require(request, names.PERMISSION)
        unit = self.find(request, unit_id)
        initial = {"name": unit.name, "valid_from": timezone.localdate()}
        form = RenameForm(request.POST if request.method == "POST" else None, initial=initial)
        if form.is_valid():
            try:
                is_news = names.rename_unit(unit=unit, by=asked.user, at=timezone.now(), **form.cleaned_data)
            except NotAllowed as refusal:
                form.add_error("valid_from" if isinstance(refusal, names.WrongDay) else "name", refusal.reason)
            else:
                messages.success(
                    request, self._said(unit, form.cleaned_data) if is_news else "Enheten heter redan så. Inget är ändrat."
                )
                return HttpResponseRedirect(self.object_url(unit))
        return self.show(request, "admin/profiles/rename.html", unit, {"form": form, "unit_url": self.object_url(unit)})

    def _said(self, unit: Unit, given: dict[str, Any]) -> str:
        if given["valid_from"] > timezone.localdate():
            return f"Enheten byter namn den {given['valid_from'].isoformat()}. Till dess heter den {unit.name}."
        return f"Enheten heter nu {unit.name}."

    def withdraw_name(self, request: HttpRequest, unit_id: int, name_id: int) -> HttpResponse:
        """The name that was to come does not."""
        asked = self.require(request, names.PERMISSION)
        unit = self.find(request, unit_id)
        name = UnitName.objects.filter(unit=unit, pk=name_id).select_related("unit").first()
        if name is None:
            messages.info(request, "Namnbytet är redan borttaget.")
            return HttpResponseRedirect(self.object_url(unit))
        return self.perform(
            request,
            lambda: names.withdraw_name(name=name, by=asked.user, at=timezone.now()),
            done=f"Enheten byter inte namn. Den heter fortfarande {unit.name}.",
            back=self.object_url(unit),
        )

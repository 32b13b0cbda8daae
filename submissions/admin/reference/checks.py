"""The checks: their levels, thresholds and texts of each year, what they differ from, and the page where they are changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import NotAllowed
from accounts.admin_site import Section, badge, portal_admin
from submissions import checking, progress, thresholds
from submissions.admin.filters import CollectionFilter
from submissions.admin.reference import common
from submissions.admin.reference.check_forms import CheckForm
from submissions.admin.reference.health import LEVEL_TONES, HealthPages
from submissions.models import CheckSetting
from submissions.services import checks, trials
from submissions.services.checks import Values
from submissions.services.settings import MAY_CHANGE, Kind

FORM = require_http_methods(["GET", "HEAD", "POST"])
SAMPLE = {"value": "123", "key": "A1032", "row": 17, "v": "123", "a": "100", "b": "120", "n": 3}
SAVED = "Kontrollen är ändrad. Filer som enheterna arbetar med kontrolleras igen inom några minuter."


@admin.register(CheckSetting, site=portal_admin)
class CheckSettingAdmin(HealthPages):
    """When each check bites in each year."""

    section = Section.SETTINGS
    position = 66
    lead = "Kontrollernas nivåer, trösklar och texter. Välj en kontroll för att ändra den eller se vad en ändring skulle ge."
    list_display = ("code", "title", "shown_level", "fields", "applies_to", "threshold_text", "shown_enabled")
    list_filter = (CollectionFilter, "level", "enabled")
    search_fields = ("code", "title", "message")
    search_help_text = "Sök kod eller text"
    list_select_related = ("collection",)
    list_per_page = 100
    ordering = ("-collection__year", "code", "pk")
    object_template = "admin/submissions/check.html"
    facts = (
        "code", "collection", "shown_level", "fields", "applies_to", "title", "message", "advice", "why", "mend", "shown_answers", "condition",
        "threshold_text", "shown_threshold", "shown_enabled", "valid_from", "valid_until", "evidence",
    )  # fmt: skip

    def pages(self) -> Iterable[tuple[str, Callable[..., HttpResponseBase], str]]:
        """Change it, and take last year's settings over."""
        return [
            *super().pages(),
            ("<int:check_id>/andra/", FORM(self.edit), "edit"),
            ("<int:check_id>/som-forra-aret/", require_POST(self.copy), "copy"),
        ]

    def heading(self, obj: CheckSetting) -> str:
        """The check's code and year."""
        return f"{obj.code}, {obj.collection.year}"

    @admin.display(description="nivå", ordering="level")
    def shown_level(self, check: CheckSetting) -> SafeString:
        """The level in the page's words."""
        return badge(check.get_level_display(), LEVEL_TONES[CheckSetting.Level(check.level)])

    @admin.display(description="på", ordering="enabled")
    def shown_enabled(self, check: CheckSetting) -> SafeString:
        """On or off."""
        return badge("På", "success") if check.enabled else badge("Av")

    @admin.display(description="färdiga svar")
    def shown_answers(self, check: CheckSetting) -> str:
        """The ready-made explanations, one after the other."""
        return " ".join(check.answers)

    @admin.display(description="tröskelvärden")
    def shown_threshold(self, check: CheckSetting) -> str:
        """The figures of the threshold."""
        return thresholds.in_words(check.code, check.threshold)

    def details(self, request: HttpRequest, obj: CheckSetting) -> dict[str, Any]:
        """What it differs from, its history, and the way to change it."""
        may_change = request.user.has_perm(MAY_CHANGE) and obj.collection.closed_at is None
        mine, before, shipped = checks.values_of(obj), checks.last_years(obj), checks.shipped(obj.code)
        against = checks.differences(obj.code, checks.values_of(before), mine) if before else []
        going_on = progress.of_recheck(obj.collection, at=timezone.now())
        return {
            "edit_url": self.page_url("edit", obj.pk) if may_change else "",
            "copy_url": self.page_url("copy", obj.pk) if may_change and against else "",
            "before": before,
            "against_last_year": against,
            "against_shipped": checks.differences(obj.code, checks.values_of(shipped), mine) if shipped else [],
            "changes": common.history(Kind.CHECK, obj.code, collection=obj.collection),
            "seen": checks.latest_change(obj),
            "going_on": [going_on] if going_on else [],
            "is_watched": going_on is not None,
        }

    def edit(self, request: HttpRequest, check_id: int) -> HttpResponse:
        """The form: look at how it reads, try what it gives, or save it."""
        self.require(request, MAY_CHANGE)
        setting: CheckSetting = self.find(request, check_id)
        form = CheckForm(request.POST if request.method == "POST" else None, setting=setting)
        verb = {"spara": self._save, "prova": self._try}.get(request.POST.get("gor", ""), self._look)
        form.fields["reason"].required = verb != self._look
        if form.is_valid():
            done = verb(request, setting, form)
            if done is not None:
                return done
        elif set(form.errors) == {"reason"}:
            self._look(request, setting, form)
        form.fields["reason"].required = True
        values = checks.values_of(setting) if not form.is_bound else self._values_to_show(form, setting)
        context = {
            "form": form,
            "texts": [form[name] for name in ("title", "message", "advice", "why", "mend", "answers")],
            "preview": preview(setting, values),
            "check_url": self.object_url(setting),
            "is_fixed": setting.code in checks.FIXED,
            "may_try": setting.code not in checks.NOT_TRIED,
        }
        return self.show(request, "admin/submissions/check_edit.html", setting, context)

    def _values_to_show(self, form: CheckForm, setting: CheckSetting) -> Values:
        return checks.values_of(setting) if set(form.errors) - {"reason"} else form.values()

    def _look(self, request: HttpRequest, setting: CheckSetting, form: CheckForm) -> HttpResponse | None:
        """Only show how it reads, once it could be saved."""
        try:
            checks.check_values(setting, form.values())
        except NotAllowed as refusal:
            common.refuse(form, refusal)
        return None

    def _save(self, request: HttpRequest, setting: CheckSetting, form: CheckForm) -> HttpResponse | None:
        asked = self.require(request, MAY_CHANGE)
        try:
            changed = checks.change_check(
                setting=setting,
                values=form.values(),
                why=form.cleaned_data["reason"],
                seen=form.cleaned_data["seen"] or 0,
                by=asked.user,
                at=timezone.now(),
            )
        except NotAllowed as refusal:
            common.refuse(form, refusal)
            return None
        messages.success(request, SAVED if changed else "Ingenting är ändrat.")
        return HttpResponseRedirect(self.object_url(setting))

    def _try(self, request: HttpRequest, setting: CheckSetting, form: CheckForm) -> HttpResponse | None:
        asked = self.require(request, MAY_CHANGE)
        try:
            trial = trials.try_check(
                setting=setting, values=form.values(), why=form.cleaned_data["reason"], by=asked.user, at=timezone.now()
            )
        except NotAllowed as refusal:
            common.refuse(form, refusal)
            return None
        return HttpResponseRedirect(self.admin_site.object_url(trial))

    def copy(self, request: HttpRequest, check_id: int) -> HttpResponse:
        """Give the check the settings of the year before."""
        asked = self.require(request, MAY_CHANGE)
        setting: CheckSetting = self.find(request, check_id)
        values, before = checks.copy_of_last_year(setting), checks.last_years(setting)
        if values is None or before is None:
            messages.info(request, "Kontrollen är redan som förra året.")
            return HttpResponseRedirect(self.object_url(setting))
        seen = request.POST.get("seen", "")
        return self.perform(
            request,
            lambda: checks.change_check(
                setting=setting,
                values=values,
                why=f"Som {before.collection.year}.",
                seen=int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 19 else 0,
                by=asked.user,
                at=timezone.now(),
            ),
            done=f"Kontrollen är nu som {before.collection.year}.",
            back=self.object_url(setting),
        )


def preview(setting: CheckSetting, values: Values) -> dict[str, Any]:
    """How the check reads with the values: its heading, its message on a made-up row, and what a person may do."""
    collection = setting.collection.spec()
    check = checks.with_values(collection.checks[setting.code], values)
    changed = replace(collection, checks={**collection.checks, setting.code: check})
    number = next((int(part) for part in setting.fields.replace(" ", "").split(",") if part.isdigit()), None)
    finding = {**SAMPLE, "check": setting.code, "field": number}
    return {
        "level": checking.effective_level(setting.code, changed),
        "title": checking.messages.title(setting.code, changed),
        "message": checking.messages.render(finding, changed),
        "advice": checking.messages.advice(setting.code, changed),
        "why": checking.messages.why(setting.code, changed),
        "mend": checking.messages.mend(setting.code, changed),
        "answers": checking.messages.answers(setting.code, changed) if check.level != "info" else (),
        "is_on": check.enabled,
    }

"""Vad händer om: what a changed setting gives over what is handed in, before it is switched on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from accounts.admin_site import PortalAdmin, Section, badge, link, portal_admin
from submissions import progress
from submissions.models import CheckSetting, Trial
from submissions.services import trials
from submissions.services.settings import MAY_CHANGE

State = Trial.State
TONES = {
    State.WAITING: "info",
    State.RUNNING: "info",
    State.DONE: "success",
    State.CANCELLED: "neutral",
    State.ACTIVATED: "brand",
}
UNITS_PER_PAGE = 50
MOST_CODES = 40


@admin.register(Trial, site=portal_admin)
class TrialAdmin(PortalAdmin):
    """Each trial with its figures, and the button that switches the change on."""

    section = Section.SETTINGS
    position = 68
    lead = "Vad en ändrad kontroll eller kodlista skulle ge på det som är inlämnat. Börja på kontrollens eller kodlistans sida."
    empty_text = "En provkörning börjar med Vad händer om? på en kontrolls eller kodlistas sida."
    list_display = ("shown_what", "shown_year", "shown_state", "progress", "at", "by")
    list_filter = ("state", "kind")
    list_select_related = ("collection", "code_list", "by")
    ordering = ("-at", "-pk")
    object_template = "admin/submissions/trial.html"
    facts = ("shown_what", "shown_year", "shown_changes", "why", "shown_state", "at", "by", "activated_at", "activated_by")
    hides_empty_facts = True

    def pages(self) -> Iterable[tuple[str, Callable[..., HttpResponse], str]]:
        """Switch the change on, and stop a trial."""
        return [
            ("<int:trial_id>/sla-pa/", require_POST(self.activate), "activate"),
            ("<int:trial_id>/avbryt/", require_POST(self.cancel), "cancel"),
        ]

    def heading(self, obj: Trial) -> str:
        """What is asked."""
        what = obj.key if obj.kind == Trial.Kind.CHECK else f"{_list_name(obj)} {obj.code_list.version}"  # type: ignore[union-attr]
        return f"Vad händer om? {what}, {obj.collection.year}"

    @admin.display(description="vad", ordering="key")
    def shown_what(self, trial: Trial) -> SafeString | str:
        """The check or the list, and where it is."""
        if trial.code_list is not None:
            return link(self.admin_site.object_url(trial.code_list), f"{_list_name(trial)}, {trial.code_list.version}")
        return trial.key

    @admin.display(description="insamling", ordering="collection__year")
    def shown_year(self, trial: Trial) -> int:
        """The year whose settings it is about."""
        return trial.collection.year

    @admin.display(description="ändringen")
    def shown_changes(self, trial: Trial) -> SafeString:
        """What is changed, a line each."""
        lines = (f"{one['label']}: {one['from']} → {one['to']}" for one in trial.changes)
        return format_html_join("", "<p>{}</p>", ((line,) for line in lines))

    @admin.display(description="läge", ordering="state")
    def shown_state(self, trial: Trial) -> SafeString:
        """How far it has come."""
        return badge(trial.get_state_display(), TONES[State(trial.state)])

    @admin.display(description="provat")
    def progress(self, trial: Trial) -> str:
        """How many units of how many."""
        return f"{trial.done} av {trial.total} enheter" if trial.total else "–"

    def details(self, request: HttpRequest, obj: Trial) -> dict[str, Any]:
        """The figures, the units it makes a difference to, and the buttons."""
        may_change = request.user.has_perm(MAY_CHANGE)
        later = trials.changed_since(obj)
        units = Paginator(trials.worst_first(obj), UNITS_PER_PAGE)
        codes = sorted(obj.result.get("codes", {}).items(), key=lambda one: (-one[1], one[0]))
        going_on = progress.of_trial(obj, at=timezone.now())
        return {
            "trial": obj,
            "going_on": [going_on] if going_on else [],
            "is_watched": going_on is not None,
            "outcome": f"utfall-provkorning-{obj.pk}",
            "totals": trials.totals(obj),
            "units": units.get_page(request.GET.get("sida")),
            "codes": codes[:MOST_CODES],
            "codes_more": len(codes) - MOST_CODES,
            "broken": [unit for unit in obj.units if unit.get("is_broken")],
            "later": later,
            "about_url": self._about_url(obj),
            "activate_url": self.page_url("activate", obj.pk) if may_change and obj.state == State.DONE and not later else "",
            "cancel_url": self.page_url("cancel", obj.pk) if may_change and obj.is_going_on else "",
            "submission_url": reverse("admin:submissions_submission_changelist"),
        }

    def _about_url(self, trial: Trial) -> str:
        """The page of what is changed."""
        if trial.code_list is not None:
            return self.admin_site.object_url(trial.code_list)
        setting = CheckSetting.objects.filter(collection=trial.collection, code=trial.key).first()
        return self.admin_site.object_url(setting) if setting else ""

    def activate(self, request: HttpRequest, trial_id: int) -> HttpResponse:
        """Make the change that was tried."""
        asked, trial = self.require(request, MAY_CHANGE), self.find(request, trial_id)
        return self.perform(
            request,
            lambda: trials.activate(trial=trial, by=asked.user, at=timezone.now()),
            done=_done(trial),
            back=self.object_url(trial),
        )

    def cancel(self, request: HttpRequest, trial_id: int) -> HttpResponse:
        """Stop it."""
        asked, trial = self.require(request, MAY_CHANGE), self.find(request, trial_id)
        return self.perform(
            request,
            lambda: trials.cancel(trial=trial, by=asked.user, at=timezone.now()),
            done="Provkörningen är avbruten.",
            back=self.object_url(trial),
        )


def _done(trial: Trial) -> str:
    """What switching it on does."""
    if trial.code_list is not None and trial.code_list.valid_from > timezone.localdate():
        return f"Versionen är planerad och tas i bruk {trial.code_list.valid_from.isoformat()}."
    return "Ändringen är påslagen. Filer som enheterna arbetar med kontrolleras igen inom några minuter."


def _list_name(trial: Trial) -> str:
    return (trial.code_list.name if trial.code_list else "") or trial.key

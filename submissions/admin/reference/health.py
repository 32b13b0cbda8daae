"""Regelhälsa: what each check of a year costs the units and what it gives, beside the settings that can be changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from accounts.admin_site import MenuItem, PortalAdmin, badge
from submissions.admin.year import chosen_year, years
from submissions.models import CheckSetting, Collection
from submissions.services import rule_health
from submissions.services.rule_health import CheckHealth

LEVEL_TONES = {CheckSetting.Level.FEL: "error", CheckSetting.Level.VARNING: "warning", CheckSetting.Level.INFO: "info"}


class HealthPages(PortalAdmin):
    """The page of rule health, in the menu beside the list of checks."""

    def pages(self) -> Iterable[tuple[str, Callable[..., HttpResponseBase], str]]:
        """Regelhälsa."""
        return [("halsa/", require_safe(self.health), "health")]

    def menu_items(self, request: HttpRequest) -> list[MenuItem]:
        """The list, and Regelhälsa."""
        return [*super().menu_items(request), MenuItem("Regelhälsa", self.page_url("health"))]

    def health(self, request: HttpRequest) -> HttpResponse:
        """Every check of the year, the most trouble for the least use first."""
        self.require(request, "submissions.view_checksetting")
        known = years()
        year = chosen_year(request, known)
        collection = None if year is None else Collection.objects.get(year=year)
        lines = rule_health.health_of(collection) if collection else []
        settings = {one.code: one for one in CheckSetting.objects.filter(collection=collection).order_by("code", "pk")}
        context = {
            **self.admin_site.each_context(request),
            "collection": collection,
            "years_part": {
                "years": [{"year": one, "href": f"{self.page_url('health')}?ar={one}", "is_chosen": one == year} for one in known]
            },
            "lines": [(line, settings.get(line.check), level_badge_of(line)) for line in lines if line.units],
            "silent": [settings[line.check] for line in lines if not line.units and line.check in settings],
            "noisy": [(line, settings.get(line.check)) for line in lines if line.is_noisy],
            "noisy_units": rule_health.NOISY_UNITS,
            "noisy_share": round(rule_health.NOISY_SHARE * 100),
        }
        return TemplateResponse(request, "admin/submissions/health.html", context)


def level_badge_of(line: CheckHealth) -> SafeString:
    """The check's level in the page's words."""
    level = CheckSetting.Level(line.level)
    return badge(level.label, LEVEL_TONES[level])

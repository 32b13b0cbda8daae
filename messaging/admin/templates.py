"""SKR's ready texts: a list, a page to write one, and one that is no longer offered."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import NotAllowed
from accounts.admin_site import PortalAdmin, Section, badge, portal_admin
from messaging import services
from messaging.admin.forms import TemplateForm
from messaging.models import ReplyTemplate
from profiles.models import Unit

FORM = require_http_methods(["GET", "HEAD", "POST"])


@admin.register(ReplyTemplate, site=portal_admin)
class ReplyTemplateAdmin(PortalAdmin):
    """Ready texts for answers and new matters."""

    section = Section.MESSAGES
    position = 32
    lead = "Texter som används ofta. De fylls i för varje enhet innan något skickas."
    makes_new = True
    empty_text = "Spara ett svar som ofta behövs, så går det att sätta in i ett ärende."
    list_display = ("name", "category", "state", "changed_at", "changed_by")
    list_filter = ("is_active", "category")
    search_fields = ("name", "subject", "text")
    search_help_text = "Sök namn eller text"
    list_select_related = ("changed_by",)
    ordering = ("name", "pk")
    object_template = "admin/messaging/template.html"

    def pages(self) -> Iterable[tuple[str, Callable[..., HttpResponse], str]]:
        """Write a new one, and stop or start offering one."""
        return [
            ("ny/", FORM(self.new), "new"),
            ("<int:template_id>/andra/", require_POST(self.save), "save"),
            ("<int:template_id>/i-bruk/", require_POST(self.use), "use"),
        ]

    def list_actions(self, request: HttpRequest) -> list[tuple[str, str]]:
        """Write a new one."""
        return [("Skriv en svarsmall", self.page_url("new"))] if request.user.has_perm("messaging.answer_thread") else []

    @admin.display(description="läge", ordering="is_active")
    def state(self, template: ReplyTemplate) -> SafeString:
        """Whether it is offered."""
        return badge("I bruk", "success") if template.is_active else badge("Inte i bruk")

    def details(self, request: HttpRequest, obj: ReplyTemplate) -> dict[str, Any]:
        """The text filled in for a unit, and the form."""
        unit = Unit.objects.filter(is_active=True).order_by("sort_key", "pk").first()
        fill = services.filler(by=request.user, at=timezone.now())  # type: ignore[arg-type]
        initial = {"name": obj.name, "category": obj.category, "subject": obj.subject, "text": obj.text}
        return {
            "form": TemplateForm(initial={**initial, "seen": obj.changed_at.isoformat()}),
            "state_badge": self.state(obj),
            "may_change": request.user.has_perm("messaging.answer_thread"),
            "example_unit": unit,
            "example_subject": fill(unit, obj.subject) if unit else "",
            "example_text": fill(unit, obj.text) if unit else "",
            "save_url": self.page_url("save", obj.pk),
            "use_url": self.page_url("use", obj.pk),
        }

    def new(self, request: HttpRequest) -> HttpResponse:
        """Write a new one."""
        self.require(request, "messaging.answer_thread")
        form = TemplateForm(request.POST if request.method == "POST" else None)
        saved = self._saved(request, form, None) if form.is_valid() else None
        if saved:
            return HttpResponseRedirect(self.object_url(saved))
        return self.show(request, "admin/messaging/template_new.html", None, {"form": form})

    def save(self, request: HttpRequest, template_id: int) -> HttpResponse:
        """Change one; a refused text comes back in its form."""
        self.require(request, "messaging.answer_thread")
        template, form = self.find(request, template_id), TemplateForm(request.POST)
        if form.is_valid() and self._saved(request, form, template):
            return HttpResponseRedirect(self.object_url(template))
        return self.object_page(request, template, form=form)

    def use(self, request: HttpRequest, template_id: int) -> HttpResponse:
        """Offer it or not."""
        asked, template = self.require(request, "messaging.answer_thread"), self.find(request, template_id)
        is_active = request.POST.get("gor") == "anvand"
        return self.perform(
            request,
            lambda: services.retire_template(template=template, is_active=is_active, by=asked.user, at=timezone.now()),
            done="Mallen erbjuds igen." if is_active else "Mallen erbjuds inte längre.",
            back=self.object_url(template),
        )

    def _saved(self, request: HttpRequest, form: TemplateForm, template: ReplyTemplate | None) -> ReplyTemplate | None:
        values = {name: form.cleaned_data[name] for name in ("name", "category", "subject", "text")}
        try:
            seen = datetime.fromisoformat(form.cleaned_data["seen"]) if template else None
            saved = services.save_template(template=template, by=request.user, at=timezone.now(), seen=seen, **values)  # type: ignore[arg-type]
        except ValueError:
            form.add_error(None, "Formuläret kunde inte tas emot. Ladda om sidan och försök igen.")
        except NotAllowed as refusal:
            form.add_error(_field_of(refusal.reason), refusal.reason)
        else:
            messages.success(request, "Mallen är sparad.")
            return saved
        return None


def _field_of(reason: str) -> str | None:
    """Where a refusal stands."""
    if "namn" in reason and "fylla i" not in reason:
        return "name"
    return "subject" if reason.startswith("Ämnet") else "text" if reason.startswith(("{", "Mallen", "Skriv mallens")) else None

"""The code lists, version by version: read one in, see what it changes, try it, and take it into use on its day."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import NotAllowed
from accounts.admin_site import PortalAdmin, Section, badge, portal_admin
from config.lib import csv_file, downloads, uploads
from config.lib.text import amount
from submissions import imports
from submissions.admin.reference import common
from submissions.models import CodeList
from submissions.services import code_lists, trials
from submissions.services.settings import MAY_CHANGE, Kind

FORM = require_http_methods(["GET", "HEAD", "POST"])
MOST_BYTES = 5_000_000
MOST_SHOWN = 200  # codes of a difference
Status = CodeList.Status
STATUS_TONES = {Status.DRAFT: "warning", Status.PLANNED: "info", Status.USED: "success"}


class CodeFileForm(forms.Form):
    """A version of a list as a file."""

    kind = forms.ChoiceField(label="Lista", error_messages=dict.fromkeys(("required", "invalid_choice"), "Välj en lista."))
    file = forms.FileField(
        label="Fil med koder",
        help_text="Kod, benämning, sektor, personalgrupp kommun, personalgrupp region. Semikolon emellan, eller ett kalkylblad (.xlsx).",
        error_messages={
            "required": "Välj en fil.",
            "empty": "Filen är tom (0 byte).",
            "invalid": "Webbläsaren skickade ingen fil. Välj filen igen.",
            "missing": "Webbläsaren skickade ingen fil. Välj filen igen.",
        },
    )
    version = forms.CharField(
        label="Versionens namn",
        max_length=60,
        help_text="Till exempel 2027 eller AID 2027-01.",
        error_messages={"required": "Ge versionen ett namn."},
    )
    valid_from = common.date_field("Gäller från", help_text="En dag som inte har kommit: versionen tas i bruk den dagen.")
    established = forms.BooleanField(
        label="Fastställd av SKR",
        required=False,
        help_text="En kod som saknas i en fastställd lista måste rättas. Annars varnar den bara.",
    )
    reason = common.reason_field()

    def __init__(self, *args: Any, too_large: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = dict(CodeList.objects.order_by("valid_from", "pk").values_list("kind", "name"))
        choices = sorted(((kind, name or kind) for kind, name in names.items()), key=lambda one: one[1])
        self.fields["kind"].choices = [("", "Välj lista"), *choices]  # type: ignore[attr-defined]
        if too_large:
            self.fields["file"].error_messages["required"] = (
                "Filen är för stor för en kodlista. Kontrollera att du valde rätt fil."
            )


class EstablishedForm(forms.Form):
    """Why a version is, or is no longer, established."""

    reason = common.reason_field()


@admin.register(CodeList, site=portal_admin)
class CodeListAdmin(PortalAdmin):
    """Each version of each code list; one that SKR has not established only warns."""

    section = Section.SETTINGS
    position = 64
    lead = "En kodlista som inte är fastställd av SKR varnar men avvisar aldrig ett värde."
    makes_new = True
    list_display = ("shown_name", "version", "valid_from", "n_codes", "shown_status", "state")
    list_filter = ("status", "established")
    ordering = ("kind", "-valid_from", "-pk")
    object_template = "admin/submissions/code_list.html"
    facts = ("shown_name", "version", "valid_from", "n_codes", "shown_status", "years", "state", "why", "read_by", "read_at")
    hides_empty_facts = True

    def pages(self) -> Iterable[tuple[str, Callable[..., HttpResponseBase], str]]:
        """Read a version in, and decide over it."""
        return [
            ("las-in/", uploads.at_most(MOST_BYTES)(FORM(self.read_in)), "read_in"),
            ("<int:code_list_id>/ta-i-bruk/", require_POST(self.confirm), "confirm"),
            ("<int:code_list_id>/prova/", require_POST(self.try_it), "try"),
            ("<int:code_list_id>/angra/", require_POST(self.undo), "undo"),
            ("<int:code_list_id>/faststalld/", require_POST(self.establish), "establish"),
            ("<int:code_list_id>/koder.csv", require_safe(self.codes_file), "codes_file"),
        ]

    def list_actions(self, request: HttpRequest) -> list[tuple[str, str]]:
        """Read a version in."""
        return [("Läs in en ny version", self.page_url("read_in"))] if request.user.has_perm(MAY_CHANGE) else []

    def get_queryset(self, request: HttpRequest) -> QuerySet[CodeList]:
        """With the number of codes."""
        return super().get_queryset(request).annotate(code_count=Count("codes"))

    def heading(self, obj: CodeList | None) -> str:
        """The list's name and version."""
        return f"{self.shown_name(obj)}, {obj.version}" if obj else "Läs in en kodlista"

    @admin.display(description="lista", ordering="name")
    def shown_name(self, code_list: CodeList) -> str:
        """The list's name in words."""
        return code_list.name or code_list.kind

    @admin.display(description="antal koder", ordering="code_count")
    def n_codes(self, code_list: Any) -> int:
        """How many codes this version has."""
        return code_list.code_count

    @admin.display(description="läge", ordering="status")
    def shown_status(self, code_list: CodeList) -> SafeString:
        """Whether it is a draft, planned or used."""
        return badge(code_list.get_status_display(), STATUS_TONES[Status(code_list.status)])

    @admin.display(description="används av")
    def years(self, code_list: CodeList) -> str:
        """The years that use this version."""
        return ", ".join(str(year) for year in code_list.collection_set.order_by("year").values_list("year", flat=True))

    @admin.display(description="fastställd", ordering="established")
    def state(self, code_list: CodeList) -> SafeString:
        """Whether a wrong code is refused or only warned about."""
        return badge("Fastställd", "success") if code_list.established else badge("Ej fastställd", "warning")

    def details(self, request: HttpRequest, obj: CodeList) -> dict[str, Any]:
        """The codes in order, what the version changes, and the buttons."""
        may_change = request.user.has_perm(MAY_CHANGE)
        is_used, before = obj.status == Status.USED, code_lists.replaced(obj)
        found = code_lists.difference(obj)
        old_codes = before.spec().codes if before else {}
        return {
            "codes": obj.codes.order_by("code", "pk"),
            "has_groups": obj.kind == "aid",
            "before": before,
            "difference": found,
            "added": [(code, obj.spec().codes[code].label) for code in found.added[:MOST_SHOWN]],
            "changed": found.changed[:MOST_SHOWN],
            "missing": [(code, old_codes[code].label) for code in found.missing[:MOST_SHOWN]],
            "concerned": list(code_lists.concerned(obj)) if not is_used else [],
            "is_to_come": obj.valid_from > timezone.localdate(),
            "confirm_url": self.page_url("confirm", obj.pk) if may_change and obj.status == Status.DRAFT else "",
            "try_url": self.page_url("try", obj.pk) if may_change and not is_used else "",
            "undo_url": self.page_url("undo", obj.pk) if may_change and not is_used else "",
            "establish_url": self.page_url("establish", obj.pk) if may_change else "",
            "establish_form": EstablishedForm(),
            "file_url": self.page_url("codes_file", obj.pk),
            "changes": common.history(Kind.CODE_LIST, obj.kind),
        }

    def read_in(self, request: HttpRequest) -> HttpResponse:
        """The form and the draft that comes of it; a file with a fault leaves nothing behind."""
        asked = self.require(request, MAY_CHANGE)
        is_sent = request.method == "POST"
        form = CodeFileForm(
            request.POST if is_sent else None,
            request.FILES if is_sent else None,
            too_large=is_sent and uploads.was_too_large(request),
        )
        if form.is_valid():
            data = form.cleaned_data
            try:
                made = code_lists.read_in(
                    kind=data["kind"],
                    codes=imports.read_codes(uploads.content_of(data["file"])),
                    version=data["version"],
                    valid_from=data["valid_from"],
                    established=data["established"],
                    why=data["reason"],
                    by=asked.user,
                    at=timezone.now(),
                )
            except imports.BadFile as fault:
                for sentence in fault.faults:
                    form.add_error("file", sentence)
            except NotAllowed as refusal:
                common.refuse(form, refusal)
            else:
                messages.success(
                    request, f"{amount(len(made.spec().codes), 'kod', 'koder')} är inlästa som utkast. Inget är ändrat än."
                )
                return HttpResponseRedirect(self.object_url(made))
        return self.show(request, "admin/submissions/code_list_read.html", None, {"form": form})

    def confirm(self, request: HttpRequest, code_list_id: int) -> HttpResponse:
        """Take a draft into use, now or on its day."""
        asked, code_list = self.require(request, MAY_CHANGE), self.find(request, code_list_id)
        is_to_come = code_list.valid_from > timezone.localdate()
        return self.perform(
            request,
            lambda: code_lists.confirm(code_list=code_list, by=asked.user, at=timezone.now()),
            done=f"Versionen tas i bruk {code_list.valid_from.isoformat()}." if is_to_come else "Versionen är i bruk.",
            back=self.object_url(code_list),
        )

    def try_it(self, request: HttpRequest, code_list_id: int) -> HttpResponse:
        """Ask what it would give."""
        asked, code_list = self.require(request, MAY_CHANGE), self.find(request, code_list_id)
        try:
            trial = trials.try_code_list(code_list=code_list, by=asked.user, at=timezone.now())
        except NotAllowed as refusal:
            messages.error(request, refusal.reason)
            return HttpResponseRedirect(self.object_url(code_list))
        return HttpResponseRedirect(self.object_url(trial))

    def undo(self, request: HttpRequest, code_list_id: int) -> HttpResponse:
        """Take a draft or planned version away."""
        asked, code_list = self.require(request, MAY_CHANGE), self.find(request, code_list_id)
        is_used = code_list.status == Status.USED
        return self.perform(
            request,
            lambda: code_lists.undo(code_list=code_list, by=asked.user, at=timezone.now()),
            done="Versionen är borttagen.",
            back=self.object_url(code_list) if is_used else self.list_url(),
        )

    def establish(self, request: HttpRequest, code_list_id: int) -> HttpResponse:
        """Say whether SKR has established it; a refused reason comes back in its form."""
        asked, code_list = self.require(request, MAY_CHANGE), self.find(request, code_list_id)
        form = EstablishedForm(request.POST)
        is_established = request.POST.get("gor") == "faststall"
        if form.is_valid():
            try:
                code_lists.set_established(
                    code_list=code_list,
                    established=is_established,
                    why=form.cleaned_data["reason"],
                    by=asked.user,
                    at=timezone.now(),
                )
            except NotAllowed as refusal:
                common.refuse(form, refusal)
            else:
                messages.success(request, "Listan är fastställd." if is_established else "Listan är inte längre fastställd.")
                return HttpResponseRedirect(self.object_url(code_list))
        return self.object_page(request, code_list, establish_form=form)

    def codes_file(self, request: HttpRequest, code_list_id: int) -> HttpResponseBase:
        """The version as a file that can be changed and read in again."""
        code_list: CodeList = self.find(request, code_list_id)
        rows = code_list.codes.order_by("code", "pk").values_list("code", "label", "sector", "group_kommun", "group_region")
        name = f"Kodlista {code_list.kind} {code_list.version}.csv"
        return downloads.attachment(csv_file.write(imports.CODE_COLUMNS, rows), name=name, content_type=csv_file.CONTENT_TYPE)

"""Produktionsuttag of a collection: what would be taken out now, the versions that have been, and their files to fetch.

Only for those who may (`submissions.export_collection`); with personnummer only by a right of its own and with both factors freshly
given. A file is made by a job and fetched as a zip for a purpose, each time an event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts import exports
from accounts.access import NotAllowed, UserRequest
from accounts.admin_site import PortalAdmin
from accounts.purpose import PurposeForm
from accounts.step_up import needs_step_up
from config.lib import downloads, signatures
from submissions import progress
from submissions.models import Collection, Export, ExportFile
from submissions.services import production, production_files, production_set
from submissions.services.production_files import MAY_EXPORT, MAY_IDENTIFY

BACK = "admin:submissions_collection_production"
ZIP = "application/zip"


class MakeForm(forms.Form):
    """How the rows are written, and whether with personnummer (only for those who may)."""

    format = forms.ChoiceField(
        label="Format",
        choices=[(ExportFile.Format.PARQUET, "Parquet"), (ExportFile.Format.CSV, "CSV")],
        initial=ExportFile.Format.PARQUET,
        widget=forms.RadioSelect,
        error_messages={"required": "Välj Parquet eller CSV.", "invalid_choice": "Välj Parquet eller CSV."},
    )
    identified = forms.BooleanField(
        label="Med personnummer i stället för pseudonymer",
        required=False,
        help_text="Behövs sällan. Varje enhet ser att dess personnummer har hämtats, av vem och varför.",
    )

    def __init__(self, *args: Any, may_identify: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_identify:
            del self.fields["identified"]


class ProductionPages(PortalAdmin):
    """The pages of a collection that take it out."""

    def pages(self) -> Iterable[tuple[str, Callable[..., HttpResponseBase], str]]:
        """The versions, a new one, and its zip."""
        at = "<int:collection_id>/produktionsuttag/"
        return [
            (at, require_GET(self.production), "production"),
            (f"{at}gor/", require_POST(needs_step_up(back=BACK)(self.make_production)), "make_production"),
            (f"{at}<int:file_id>/hamta/", exports.export_page(self.fetch_production), "fetch_production"),
        ]

    def production(self, request: HttpRequest, collection_id: int) -> HttpResponse:
        """What would be taken out now, and what has been."""
        self.require(request, MAY_EXPORT)
        return self._production_page(request, self.find(request, collection_id))

    def make_production(self, request: UserRequest, collection_id: int) -> HttpResponse:
        """Freeze the data set as it is now and have its zip made."""
        asked, collection = self.require(request, MAY_EXPORT), self.find(request, collection_id)
        form = MakeForm(request.POST, may_identify=asked.user.has_perm(MAY_IDENTIFY))
        if not form.is_valid():
            return self._production_page(request, collection, form)
        now = timezone.now()
        try:
            export, _ = production.freeze(collection=collection, by=asked.user, at=now)
            made = production_files.ask_for_file(
                export=export,
                format=form.cleaned_data["format"],
                pseudonymised=not form.cleaned_data.get("identified", False),
                by=asked.user,
                at=now,
            )
        except NotAllowed as refusal:
            form.add_error(None, refusal.reason)
            return self._production_page(request, collection, form)
        is_kept = made.status == ExportFile.Status.READY
        done = "finns redan, samma uppgifter och samma filer." if is_kept else "görs nu. Det tar några minuter för ett helt år."
        messages.success(request, f"Version {export.version} {done}")
        return HttpResponseRedirect(self.page_url("production", collection.pk))

    def fetch_production(self, request: UserRequest, collection_id: int, file_id: int) -> HttpResponseBase:
        """The zip, for a purpose."""
        asked, collection = self.require(request, MAY_EXPORT), self.find(request, collection_id)
        rows = ExportFile.objects.select_related("export__collection").filter(export__collection=collection, pk=file_id)
        file = rows.first()
        if file is None:
            raise Http404
        if not file.is_pseudonymised:
            self.require(request, MAY_IDENTIFY)
        form = PurposeForm(request.POST or None)
        if form.is_valid():
            try:
                name, content = production_files.fetch(
                    file=file, purpose=form.cleaned_data["purpose"], by=asked.user, at=timezone.now()
                )
            except exports.TooManyExports:
                raise
            except NotAllowed as refusal:
                form.add_error(None, refusal.reason)
            else:
                return downloads.attachment(content, name=name, content_type=ZIP)
        back = self.page_url("production", collection.pk)
        return self.show(
            request, "admin/submissions/fetch_production.html", collection, {"form": form, "file": file, "back": back}
        )

    def _production_page(self, request: HttpRequest, collection: Collection, form: MakeForm | None = None) -> HttpResponse:
        may_identify = request.user.has_perm(MAY_IDENTIFY)
        try:
            plan, refusal = production.plan_of(collection), ""
        except NotAllowed as refused:
            plan, refusal = None, refused.reason
        latest = production.latest(collection)
        files = ExportFile.objects.select_related("asked_by").order_by("-asked_at", "-pk")
        shown = Export.objects.filter(collection=collection).select_related("by", "collection")
        versions = list(shown.prefetch_related(Prefetch("files", queryset=files)).order_by("-version", "-pk"))
        making = progress.of_exports(versions, at=timezone.now())
        key = signatures.public_key(signatures.seed_for(production_set.PURPOSE))
        context = {
            "form": form or MakeForm(may_identify=may_identify),
            "plan": plan,
            "refusal": refusal,
            "same": production.version_of(plan) if plan else None,
            "difference": production.difference(plan, latest) if plan else None,
            "versions": [
                (one, production.difference_of(one), [making.get(file.pk) for file in one.files.all()]) for one in versions
            ],
            "is_watched": bool(making),
            "may_identify": may_identify,
            "make_url": self.page_url("make_production", collection.pk),
            "key": signatures.pem_of(key),
            "back": self.object_url(collection),
            "back_text": str(collection),
        }
        return self.show(request, "admin/submissions/production.html", collection, context)

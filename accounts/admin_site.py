"""SKR's side: Django's admin behind the portal's own sign-in, and the base of every page in it.

The site knows no sign-in, sign-out or password of its own. A `PortalAdmin` only reads: what changes something is a
button that posts to a page of the model's own admin, which calls one service. Apps register on `portal_admin`; what
the front page shows comes from the registered admins, so nothing here looks upwards.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import display_for_field, display_for_value, label_for_field, lookup_field, unquote
from django.contrib.admin.views.main import PAGE_VAR
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit, exports, list_files
from accounts.access import NotAllowed, is_verified
from accounts.admin_parts import (
    WAITING,
    Figure,
    FigureGroup,
    FrontPart,
    MenuItem,
    Panel,
    PanelRow,
    Section,
    badge,
    link,
    number,
    waiting_figure,
)
from config.lib import downloads, personnummer

if TYPE_CHECKING:
    from accounts.access import UserRequest


__all__ = [
    "WAITING",
    "Figure",
    "FigureGroup",
    "FrontPart",
    "MenuItem",
    "Panel",
    "PanelRow",
    "PortalAdmin",
    "PortalAdminSite",
    "Section",
    "badge",
    "link",
    "number",
    "portal_admin",
    "waiting_figure",
]  # an app's admin imports all it needs from here

LINKS_SHOWN = 14  # in the menu, without folding: with their headings they fill a screen of a laptop
DAILY = (Section.COLLECTION, Section.MESSAGES)  # never folded

NOT_OURS = frozenset({"password_change", "password_change_done", "autocomplete", "view_on_site", "app_list"})


class PortalAdminSite(admin.AdminSite):
    """The admin that knows only the portal's sign-in."""

    site_header = "Personalstatistik, SKR"
    site_title = "Personalstatistik"
    index_title = "Läget"
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        """SKR's own people, active and signed in with both factors."""
        user: Any = request.user
        return is_verified(user) and user.is_active and bool(user.is_staff)

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        """As Django's, but for a signed-in submitter the pages do not exist."""
        guarded = super().admin_view(view, cacheable)

        @functools.wraps(guarded)  # with what the view says of itself, as the largest file that it takes
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            user: Any = request.user
            if is_verified(user) and not self.has_permission(request):
                audit.record("access:denied", by=user, object="administrationen")
                raise Http404
            return guarded(request, *args, **kwargs)

        return inner

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Django's without its password pages, look-ups and lists per app."""
        return [pattern for pattern in super().get_urls() if getattr(pattern, "name", None) not in NOT_OURS]

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The portal's start page is the only sign-in."""
        return HttpResponseRedirect(reverse("start"))

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Hand a sign-out on to the portal's own."""
        if request.method != "POST":
            return HttpResponseRedirect(reverse("admin:index"))
        return HttpResponseRedirect(reverse("accounts:sign_out"), preserve_request=True)

    def admins(self, request: HttpRequest) -> list[PortalAdmin]:
        """The admins whose pages this person may see, in the menu's order."""
        found = [a for a in self._registry.values() if isinstance(a, PortalAdmin) and a.has_view_permission(request)]
        order = list(Section)
        return sorted(found, key=lambda a: (order.index(a.section), a.position, a.opts.label_lower))

    def object_url(self, obj: Model) -> str:
        """Where the page of an object of any registered model is."""
        return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_change", args=[obj.pk])

    def menu(self, request: HttpRequest) -> list[dict[str, Any]]:
        """The side menu, in the shape of the portal's own, each link with the heading it stands under; Läget has none.

        A long menu folds what is not used every day, but for the part that one is in.
        """
        items = [(MenuItem(self.index_title, reverse("admin:index")), "")]
        items += [(item, str(one.section)) for one in self.admins(request) for item in one.menu_items(request)]
        here = max((item.url for item, _ in items[1:] if request.path.startswith(item.url)), key=len, default=request.path)
        waiting: Counter[str] = Counter()
        for item, section in items:
            waiting[section] += item.badge
        is_long = len(items) > LINKS_SHOWN
        opened = {str(one) for one in DAILY} | {section for item, section in items if item.url == here}
        return [
            {
                "label": item.label,
                "url": item.url,
                "active": item.url == here,
                "badge": item.badge,
                "badge_label": item.badge_label,
                "section": section,
                "folds": is_long and bool(section) and section not in {str(one) for one in DAILY},
                "is_open": section in opened,
                "waiting": waiting[section],
            }
            for item, section in items
        ]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """What every page needs."""
        return {
            "site_title": self.site_title,
            "has_permission": self.has_permission(request),
            "is_popup": False,
            "menu": self.menu(request),
        }

    @method_decorator(require_safe)
    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Läget: what there is to do, then the figures of the running collection, each a link to its list."""
        groups: dict[str, list[Figure]] = {WAITING: []}
        parts: list[FrontPart] = []
        for model_admin in self.admins(request):
            for group in model_admin.figures(request):
                groups.setdefault(group.title, []).extend(group.figures)
            parts += model_admin.front_parts(request)
        context = {
            **self.each_context(request),
            "title": self.index_title,
            "groups": [FigureGroup(title, figures) for title, figures in groups.items() if figures],
            "above": [part for part in parts if part.is_above],
            "parts": [part for part in parts if not part.is_above],
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/index.html", context)


class PortalAdmin(admin.ModelAdmin):
    """A list and a page to read. Changes are buttons of `pages()`, each calling a service."""

    actions = None
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    empty_value_display = "–"
    change_list_template = "admin/change_list.html"

    admin_site: PortalAdminSite
    section = Section.SETTINGS  # the heading in the menu
    position = 100  # under that heading
    unread_word = ""  # what `unread` counts, to a screen reader; empty: olästa
    lead = ""  # a sentence under the list's heading
    makes_new = False  # the first of `list_actions` is what one comes to the list to do
    filters_shown = 4  # the other filters are rare and stand folded
    empty_title = ""  # of a list with nothing in it; empty: Inga … än
    empty_text = ""  # when something will be there, or what to do
    facts: tuple[str, ...] = ()  # what the object's page tells, by names as in list_display
    hides_empty_facts = False
    keeps_filters = False  # the way back from an object leads to the list as it was narrowed
    is_personal = False  # the list is about persons: to take it out needs a purpose and both factors freshly given
    object_template = "admin/object.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nothing is made by a form of the admin."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nothing is changed by a form of the admin."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nothing is deleted."""
        return False

    def log_addition(self, *args: Any) -> None:  # type: ignore[override]
        """The audit trail tells who did what; Django's own log would hold names."""

    log_change = log_deletions = log_addition  # type: ignore[assignment]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """What this person may see."""
        rows: Any = super().get_queryset(request)
        return rows.visible_to(request.user) if hasattr(rows, "visible_to") else rows

    def get_urls(self) -> list[URLPattern]:
        """The list, the same as a file, the pages of this model, and an object's own page: no add, delete or history."""
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        wrap = self.admin_site.admin_view
        as_form = exports.export_page if self.is_personal else require_http_methods(["GET", "HEAD", "POST"])
        return [
            path("", wrap(require_safe(self.changelist_view)), name=f"{name}_changelist"),
            path("hamta/", wrap(as_form(self.list_file)), name=f"{name}_list_file"),
            *(path(route, wrap(view), name=f"{name}_{verb}") for route, view, verb in self.pages()),
            path("<path:object_id>/change/", wrap(require_safe(self.change_view)), name=f"{name}_change"),
        ]

    def pages(self) -> Iterable[tuple[str, Callable[..., HttpResponseBase], str]]:
        """Further pages as (route, view, verb); their names are `admin:<app>_<model>_<verb>`."""
        return ()

    def list_url(self, **query: str) -> str:
        """Where the list is, filtered by `query`."""
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist", query=query or None)

    @property
    def _kept_key(self) -> str:
        return f"list_{self.opts.label_lower}"

    def back_url(self, request: HttpRequest) -> str:
        """Where the list is, narrowed as the person last saw it in this session."""
        kept = request.session.get(self._kept_key, "") if self.keeps_filters else ""
        return f"{self.list_url()}?{kept}" if kept else self.list_url()

    def _keep_filters(self, request: HttpRequest) -> None:
        """Remember how the list is narrowed, but not a search that may be for a personnummer."""
        query = request.GET.urlencode()
        is_kept = self.keeps_filters and len(query) < 500 and not personnummer.LOOKS_LIKE.search(request.GET.get("q", ""))
        if is_kept and request.session.get(self._kept_key, "") != query:
            request.session[self._kept_key] = query

    def object_url(self, obj: Model) -> str:
        """Where the object's page is."""
        return self.admin_site.object_url(obj)

    def page_url(self, verb: str, *args: object) -> str:
        """Where a page of `pages()` is."""
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{verb}", args=args)

    def menu_items(self, request: HttpRequest) -> list[MenuItem]:
        """The links of the menu: the list, and the pages that are found from nowhere else."""
        waiting = self.unread(request)
        heard = f"{waiting} {self.unread_word}" if self.unread_word else ""
        return [MenuItem(str(capfirst(self.opts.verbose_name_plural)), self.list_url(), waiting, heard)]

    def unread(self, request: HttpRequest) -> int:
        """The number beside the menu's link."""
        return 0

    def figures(self, request: HttpRequest) -> list[FigureGroup]:
        """What this model adds to the front page."""
        return []

    def front_parts(self, request: HttpRequest) -> list[FrontPart]:
        """What this model adds to the front page besides figures."""
        return []

    def panels(self, request: HttpRequest, obj: Model) -> list[Panel]:
        """What this model adds to the page of `obj`, an object of another model."""
        return []

    @property
    def nothing_here(self) -> str:
        """The heading of the list without any rows."""
        return self.empty_title or f"Inga {self.opts.verbose_name_plural} än"

    def list_actions(self, request: HttpRequest) -> list[tuple[str, str]]:
        """Links over the list: (text, address)."""
        return []

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, with its lead and links."""
        query = {name: values for name, values in request.GET.lists() if name != PAGE_VAR}
        self._keep_filters(request)
        extra = {
            "lead": self.lead,
            "list_actions": self.list_actions(request),
            "list_file_url": f"{self.page_url('list_file')}?{urlencode(query, doseq=True)}".rstrip("?"),
            **(extra_context or {}),
        }
        return super().changelist_view(request, extra)

    def list_file(self, request: UserRequest) -> HttpResponseBase:
        """The list as a file, as it is filtered and sorted (accounts.list_files)."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            changelist = self.get_changelist_instance(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(self.list_url())
        form = list_files.ListFileForm(request.POST or None, is_personal=self.is_personal)
        title = capfirst(str(self.opts.verbose_name_plural))
        if form.is_valid():
            values = {"purpose": "", **form.cleaned_data}
            try:
                made = list_files.file_of(changelist=changelist, title=title, by=request.user, at=timezone.now(), **values)
            except exports.TooManyExports:
                raise
            except NotAllowed as refusal:
                form.add_error(None, refusal.reason)
            else:
                return downloads.attachment(made.content, name=made.name, content_type=made.content_type)
        shown = {"form": form, "cl": changelist, "title": title, "narrowed_by": list_files.narrowed_by(changelist)}
        back = self.list_url() + changelist.get_query_string()
        return TemplateResponse(request, "admin/list_file.html", {**self.admin_site.each_context(request), **shown, "back": back})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The object's page: what is known of it, and its buttons."""
        return self.object_page(request, self.find(request, object_id), **(extra_context or {}))

    def object_page(self, request: HttpRequest, obj: Any, **extra: Any) -> HttpResponse:
        """The page of an object that was found."""
        panels = [panel for other in self.admin_site.admins(request) for panel in other.panels(request, obj)]
        told = {"panels": panels, "without": [panel for panel in panels if not panel.rows]}
        context = {"facts": self.facts_of(obj), **told, **self.details(request, obj), **extra}
        return self.show(request, self.object_template, obj, context)

    def details(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """What the object's page shows beside its facts."""
        return {}

    def find(self, request: HttpRequest, object_id: str | int) -> Any:
        """The object by its key; 404 where there is none that this person may see."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            found = self.get_queryset(request).filter(pk=unquote(str(object_id))).first()
        except (ValueError, ValidationError):
            found = None
        if found is None:
            raise Http404
        return found

    def show(self, request: HttpRequest, template: str, obj: Any, context: Mapping[str, Any]) -> HttpResponse:
        """A page about `obj`, with the way back to its list."""
        base = {
            **self.admin_site.each_context(request),
            "object": obj,
            "opts": self.opts,
            "back": self.back_url(request),
            "heading": self.heading(obj),
        }
        return TemplateResponse(request, template, {**base, **context})

    def heading(self, obj: Any) -> str:
        """What the object's page is called."""
        return str(obj)

    def facts_of(self, obj: Model) -> list[tuple[str, Any]]:
        """Label and value of each of `facts`, written as in a list."""
        rows = []
        for name in self.facts:
            found, attr, value = lookup_field(name, obj, self)
            shown = (
                display_for_value(value, "–", getattr(attr, "boolean", False))
                if found is None
                else display_for_field(value, found, "–")
            )
            if shown not in ("", "–", None) or not self.hides_empty_facts:
                rows.append((capfirst(str(label_for_field(name, self.model, self))), "–" if shown in ("", None) else shown))
        return rows

    def require(self, request: HttpRequest, permission: str) -> UserRequest:
        """The request of somebody who holds `permission`; everybody else gets 403."""
        if not request.user.has_perm(permission):
            raise PermissionDenied
        return cast("UserRequest", request)

    def perform(self, request: HttpRequest, change: Callable[[], object], *, done: str, back: str) -> HttpResponse:
        """Call the service, say how it went, and go back."""
        try:
            change()
        except NotAllowed as refusal:
            messages.error(request, refusal.reason)
        else:
            messages.success(request, done)
        return HttpResponseRedirect(back)


portal_admin = PortalAdminSite(name="admin")

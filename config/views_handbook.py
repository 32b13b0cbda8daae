"""The handbook: pages of text, and those made from the year's settings. Open without login; nothing is written."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import open_view
from config.handbook import fields, pages, samples, search
from config.lib import csv_file, downloads
from config.lib.text import one_line
from messaging.models import KnownIssue
from submissions import catalogue, code_search
from submissions.fields import CODE_LISTS
from submissions.imports import CODE_COLUMNS
from submissions.services import year_news
from submissions.spec import CollectionSpec

LONGEST_SEARCH = 60
OFTEN = ("kvittens", "testfil", "ny telefon", "AID", "fält 22")  # searches to try where nothing is found


def text_context(collection: CollectionSpec) -> dict[str, object]:
    """What the pages of text may use."""
    return {
        "collection": collection,
        "direct_until": _direct_until(collection),
        "samples": list(samples.SAMPLES.values()) if samples.fits(collection) else [],
        "report_text": samples.report("med-fel", "text"),
        "report_json": samples.report("med-fel", "json"),
    }


def _direct_until(collection: CollectionSpec) -> date | None:
    """The last day that a first request gets without SKR's decision; None where SKR decides every request."""
    days = collection.direct_deferral_days
    return min(collection.due_date + timedelta(days=days), collection.latest_deferral_date) if days else None


def _frame(page: pages.Page) -> dict[str, Any]:
    """What the frame of a page shows: where it stands, and what is beside it."""
    before, after = pages.around(page)
    return {"page": page, "part": pages.part_of(page), "before": before, "after": after}


@open_view
@require_safe
def handbook(request: HttpRequest) -> HttpResponse:
    """The front: search, a door for each kind of reader, the year's dates, what is new and what is wrong."""
    collection, today = catalogue.current_spec(), timezone.localdate()
    context = {
        "collection": collection,
        "parts": pages.PARTS,
        "news_page": pages.NEWS,
        "known_page": pages.KNOWN,
        "news": year_news.news_of(collection),
        "issues": list(KnownIssue.objects.open(today)[:5]),
    }
    return render(request, "handbook/front.html", context)


@open_view
@require_safe
def handbook_page(request: HttpRequest, slug: str) -> HttpResponse:
    """A page of text, or the list of pages for one kind of reader."""
    collection = catalogue.current_spec()
    if slug in pages.PART_BY_SLUG:
        return render(request, "handbook/part.html", {"part": pages.PART_BY_SLUG[slug], "year": collection.year})
    page = pages.TEXT_BY_SLUG.get(slug)
    if page is None:
        raise Http404
    return render(request, "handbook/page.html", {**_frame(page), **text_context(collection)})


@open_view
@require_safe
def handbook_search(request: HttpRequest) -> HttpResponse:
    """Pages, fields, checks, codes, words and known faults that hold what is asked for (?q=)."""
    collection, today = catalogue.current_spec(), timezone.localdate()
    index = search.INDEX.of(collection, lambda: text_context(collection))
    issues = search.of_known_issues(KnownIssue.objects.shown(today))
    answer = search.search(request.GET.get("q", ""), [*index, *issues])
    return render(request, "handbook/search.html", {"answer": answer, "parts": pages.PARTS, "often": OFTEN})


@open_view
@require_safe
def handbook_fields(request: HttpRequest) -> HttpResponse:
    """The layout on one page."""
    collection = catalogue.current_spec()
    shown = [fields.shown(field, collection) for field in collection.layout.fields]
    context = {
        **_frame(pages.BY_VIEW["handbook_fields"]),
        "collection": collection,
        "fields": shown,
        "is_proposal": samples.fits(collection),
    }
    return render(request, "handbook/fields.html", context)


@open_view
@require_safe
def handbook_field(request: HttpRequest, number: int) -> HttpResponse:
    """One field: what it is, its codes, its checks, an example and what is often wrong."""
    collection = catalogue.current_spec()
    if not 1 <= number <= len(collection.layout):
        raise Http404
    one = fields.shown(collection.layout[number], collection)
    issues = KnownIssue.objects.open(timezone.localdate()).filter(field=number)
    context = {
        "one": one,
        "collection": collection,
        "issues": list(issues),
        "part": pages.VENDORS,
        "page": pages.BY_VIEW["handbook_fields"],
        "before": collection.layout[number - 1] if number > 1 else None,
        "after": collection.layout[number + 1] if number < len(collection.layout) else None,
    }
    return render(request, "handbook/field.html", context)


@open_view
@require_safe
def handbook_layout_file(request: HttpRequest, form: str) -> HttpResponseBase:
    """The layout as CSV or JSON."""
    collection = catalogue.current_spec()
    name = f"Postbeskrivning {collection.layout.name}.{form}"
    if form == "csv":
        return downloads.attachment(fields.as_csv(collection), name=name, content_type=csv_file.CONTENT_TYPE)
    if form == "json":
        return downloads.attachment(fields.as_json(collection), name=name, content_type="application/json")
    raise Http404


@open_view
@require_safe
def handbook_code_lists(request: HttpRequest) -> HttpResponse:
    """The year's code lists."""
    collection = catalogue.current_spec()
    lists = [(one, _fields_of(one.kind, collection)) for one in collection.lists.values()]
    context = {**_frame(pages.BY_VIEW["handbook_code_lists"]), "collection": collection, "lists": lists}
    return render(request, "handbook/code_lists.html", context)


@open_view
@require_safe
def handbook_code_list(request: HttpRequest, kind: str) -> HttpResponse:
    """The codes of one list, narrowed by a search in words (?sok=)."""
    collection = catalogue.current_spec()
    listed = collection.lists.get(kind)
    if listed is None:
        raise Http404
    asked = one_line(request.GET.get("sok", ""))[:LONGEST_SEARCH]
    codes = list(listed.codes.values())
    if asked:
        entries = [code_search.Entry(code.code, code.label, f"{code.group_kommun} {code.group_region}") for code in codes]
        codes = [listed.codes[found.code] for found in code_search.search(entries, asked, limit=len(entries))]
    context = {
        "listed": listed,
        "codes": codes,
        "asked": asked,
        "has_sectors": any(code.sector for code in codes),
        "has_groups": any(code.group_kommun or code.group_region for code in codes),
        "fields": _fields_of(kind, collection),
        "collection": collection,
        "part": pages.VENDORS,
        "page": pages.BY_VIEW["handbook_code_lists"],
    }
    return render(request, "handbook/code_list.html", context)


@open_view
@require_safe
def handbook_code_list_file(request: HttpRequest, kind: str) -> HttpResponseBase:
    """The codes of one list as CSV."""
    listed = catalogue.current_spec().lists.get(kind)
    if listed is None:
        raise Http404
    rows = ((code.code, code.label, code.sector, code.group_kommun, code.group_region) for code in listed.codes.values())
    name = f"Kodlista {listed.name or kind} {listed.version}.csv"
    return downloads.attachment(csv_file.write(CODE_COLUMNS, rows), name=name, content_type=csv_file.CONTENT_TYPE)


@open_view
@require_safe
def handbook_news(request: HttpRequest) -> HttpResponse:
    """What the year asks for otherwise than the one before."""
    collection = catalogue.current_spec()
    context = {**_frame(pages.NEWS), "collection": collection, "news": year_news.news_of(collection)}
    return render(request, "handbook/news.html", context)


@open_view
@require_safe
def handbook_known_issues(request: HttpRequest) -> HttpResponse:
    """What does not work as it should, newest first; what was mended this year stands last."""
    collection, today = catalogue.current_spec(), timezone.localdate()
    shown = list(KnownIssue.objects.shown(today))
    context = {
        **_frame(pages.KNOWN),
        "open_issues": [one for one in shown if not one.is_solved(today)],
        "solved_issues": [one for one in shown if one.is_solved(today)],
        "year": today.year,
        "checks": collection.checks,
        "fields": {field.number: field.name for field in collection.layout.fields},
    }
    return render(request, "handbook/known_issues.html", context)


@open_view
@require_safe
def handbook_sample(request: HttpRequest, slug: str) -> HttpResponseBase:
    """A file to try an export against; nobody in it lives."""
    sample = samples.SAMPLES.get(slug)
    if sample is None or not samples.fits(catalogue.current_spec()):
        raise Http404
    return downloads.attachment([samples.content(slug)], name=sample.name)


def _fields_of(kind: str, collection: CollectionSpec) -> list[tuple[int, str]]:
    """The fields whose codes stand in the list."""
    return [(number, collection.layout[number].name) for number, its in CODE_LISTS.items() if its == kind]

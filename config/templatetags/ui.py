"""The portal's components as template tags. Built in: pages need no {% load %}.

Block tags hold a body ({% notice "info" %}…{% endnotice %}), the others stand alone. Each component's markup and
options are in templates/components/<name>.html; the gallery at /komponenter/ shows them all when DEBUG is on.
Nothing here reads the database or decides what a person may see.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms import BaseForm
from django.forms.boundfield import BoundField
from django.forms.widgets import CheckboxInput
from django.http import HttpRequest, QueryDict
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from config.lib import personnummer, pictures
from config.lib.progress import ASKED_BY_ITSELF, SECONDS_WITHOUT_SCRIPTS, STANDS_STILL, Progress

register = template.Library()

TONES = frozenset({"neutral", "info", "success", "warning", "error", "brand"})
VARIANTS = frozenset({"primary", "secondary", "quiet", "danger"})
LEVELS = {
    "fel": ("Måste rättas", "error", "error"),
    "varning": ("Måste förklaras", "warning", "warning"),
    "info": ("Bra att veta", "info", "info"),
}
NOTICE_WORDS = {"info": "Information", "success": "Klart", "warning": "Observera", "error": "Fel"}
MESSAGE_LEVELS = {"debug": "info", "info": "info", "success": "success", "warning": "warning", "error": "error"}


def _one_of(value: str, allowed: Iterable[str], what: str) -> str:
    """`value` if it is allowed; otherwise an error that tells the page builder what there is."""
    if value not in allowed:
        raise template.TemplateSyntaxError(f"{what} {value!r} is not one of {', '.join(sorted(allowed))}")
    return value


def _render(component: str, /, **context: Any) -> SafeString:
    return render_to_string(f"components/{component}.html", context)


# Block tags ----------------------------------------------------------------------------------------------------------


@register.simple_block_tag
def notice(content: str, level: str = "info", title: str = "", *, role: str = "", id: str = "") -> SafeString:
    """A message in the page: info, success, warning or error."""
    _one_of(level, NOTICE_WORDS, "Notice level")
    return _render("notice", content=content, level=level, title=title, role=role, id=id, word=NOTICE_WORDS[level])


@register.simple_block_tag
def card(
    content: str, title: str = "", *, href: str = "", level: int = 2, tone: str = "", meta: str = "", id: str = ""
) -> SafeString:
    """A framed part of the page, with an optional heading that may be a link."""
    if tone:
        _one_of(tone, TONES, "Card tone")
    return _render("card", content=content, title=title, href=href, level=level, tone=tone, meta=meta, id=id)


@register.simple_block_tag
def table(
    content: str,
    caption: str,
    *,
    hide_caption: bool = False,
    dense: bool = False,
    stack: bool = False,
    note: str = "",
    id: str = "",
) -> SafeString:
    """A table that scrolls by itself; the body holds <thead> and <tbody>."""
    return _render(
        "table", content=content, caption=caption, hide_caption=hide_caption, dense=dense, stack=stack, note=note, id=id
    )


@register.simple_block_tag
def empty(content: str, title: str, *, level: int = 2) -> SafeString:
    """An empty state: what would stand here and what to do; the body may hold a button."""
    return _render("empty", content=content, title=title, level=level)


@register.simple_block_tag
def facts(content: str, *, tone: str = "rows") -> SafeString:
    """A description list of {% fact %}s: "rows" (term and value on a line), "panel", "columns" or "plain"."""
    _one_of(tone, {"rows", "panel", "columns", "plain"}, "Facts tone")
    return _render("facts", content=content, tone=tone)


@register.simple_block_tag
def fact(content: str, term: object, *, href: str = "", action: str = "Ändra") -> SafeString:
    """One term with its value, inside {% facts %}; with `href` a link to where it is changed."""
    words = str(term)
    about = "" if " " in action else words[:1].lower() + words[1:]
    return _render("fact", content=content, term=term, href=href, action=action, about=about)


@register.simple_block_tag(takes_context=True)
def disclosure(
    context: template.Context, content: str, summary: str, *, open: bool = False, meta: str = "", id: str = ""
) -> SafeString:
    """A part that unfolds (<details>). An address with ?oppna=id shows it unfolded."""
    request = context.get("request")
    is_asked_for = bool(id) and request is not None and request.GET.get("oppna") == id
    return _render("disclosure", content=content, summary=summary, open=open or is_asked_for, meta=meta, id=id)


@register.simple_block_tag
def key_figures(content: str, label: str = "Nyckeltal") -> SafeString:
    """A row of {% key_figure %}s."""
    return _render("key_figures", content=content, label=label)


# Single tags ---------------------------------------------------------------------------------------------------------


@register.inclusion_tag("components/field.html")
def field(
    field: BoundField,
    *,
    label: str = "",
    help: str = "",
    size: str = "",
    mark_optional: bool = True,
    hide_label: bool = False,
    reveal: bool = False,
) -> dict[str, Any]:
    """A bound form field with label, help and error tied to the control."""
    if size:
        _one_of(size, {"code", "short", "medium", "full"}, "Field size")
    return {
        "field": field,
        "label": label or field.label,
        "help": help or field.help_text,
        "extra_help": help,
        "size": size,
        "mark_optional": mark_optional,
        "hide_label": hide_label,
        "reveal": reveal,
        "is_checkbox": isinstance(field.field.widget, CheckboxInput),
        "described_by": described_by(field, help),
        "control": control(field, help),
    }


def described_by(bound: BoundField, help: str = "") -> str:
    """The ids of the help and error texts of a field, in reading order."""
    ids = []
    if bound.auto_id and (help or bound.help_text):
        ids.append(f"{bound.auto_id}_helptext")
    if bound.auto_id and bound.errors:
        ids.append(f"{bound.auto_id}_error")
    return " ".join(ids)


def control(bound: BoundField, help: str = "") -> SafeString:
    """The field's own control. A group's texts belong to its fieldset, any other's to the control itself."""
    ids = "" if bound.use_fieldset else described_by(bound, help)
    return bound.as_widget(attrs={"aria-describedby": ids} if ids else None)


@dataclass(frozen=True)
class ErrorLink:
    """One line of an error summary."""

    message: str
    target: str


def error_links(forms: Iterable[BaseForm], *, fields: bool = True) -> list[ErrorLink]:
    """Every error of `forms` in page order, each with the id of its control ("" for the form as a whole)."""
    links = []
    for form in forms:
        links += [ErrorLink(str(message), "") for message in form.non_field_errors()]
        if not fields:
            continue
        for bound in form.hidden_fields():
            links += [ErrorLink(str(message), "") for message in bound.errors]
        for bound in form.visible_fields():
            target = bound.id_for_label or bound.auto_id
            if bound.use_fieldset and bound.auto_id:
                target = f"{bound.auto_id}_0"
            label = str(bound.label)
            before = label if label.endswith("?") else f"{label}:"
            links += [ErrorLink(f"{before} {message}", str(target)) for message in bound.errors]
    return links


@register.inclusion_tag("components/error_summary.html")
def error_summary(
    *forms: BaseForm | None, title: str = "", fields: bool = True, message: str = "", target: str = ""
) -> dict[str, Any]:
    """What is wrong in the form(s), each line a link to its field; nothing when all is well."""
    links = [ErrorLink(message, target)] if message else []
    links += error_links((form for form in forms if form is not None), fields=fields)
    default = "Ett fel behöver rättas" if len(links) == 1 else f"{len(links)} fel behöver rättas"
    return {"links": links, "title": title or default}


@register.inclusion_tag("components/badge.html")
def badge(text: Any, tone: str = "neutral", *, icon: str = "", label: str = "") -> dict[str, Any]:
    """A status word; `label` is what a screen reader hears instead of a bare figure."""
    return {"text": text, "tone": _one_of(tone, TONES, "Badge tone"), "icon": icon, "label": label}


@register.inclusion_tag("components/badge.html")
def level_badge(level: str) -> dict[str, Any]:
    """The badge of a finding's level: fel, varning or info."""
    text, tone, icon = LEVELS[_one_of(level, LEVELS, "Finding level")]
    return {"text": text, "tone": tone, "icon": icon, "label": ""}


@register.filter
def level_word(level: str) -> str:
    """The words of a finding's level: "fel" is Måste rättas."""
    return LEVELS[level][0]


@register.filter
def level_tone(level: str) -> str:
    """The tone of a finding's level: "fel" is error."""
    return LEVELS[level][1]


@register.filter
def message_level(tags: str) -> str:
    """The notice level of a message from django.contrib.messages (`message.level_tag`)."""
    return MESSAGE_LEVELS.get(tags, "info")


@register.filter
def address(email: str) -> SafeString:
    """An e-mail address that may break before its @, and elsewhere only where a line is too short for either part."""
    name, at, domain = email.rpartition("@")
    return format_html('<span class="address">{}<wbr>{}{}</span>', name, at, domain)


@register.filter
def phone(number: str) -> SafeString:
    """A telephone number as a link that rings it; as it is where it holds other words ("ankn. 12")."""
    digits = "".join(sign for sign in number if sign.isdigit())
    if len(digits) < 6 or not set(number) <= set("+0123456789 -()/\u00a0"):
        return format_html("{}", number)
    start = "+" if number.strip().startswith("+") else ""
    return format_html('<a class="nowrap" href="tel:{}{}">{}</a>', start, digits, number)


@register.simple_tag
def icon(name: str) -> SafeString:
    """An inline icon, hidden from screen readers. Names: see templates/components/icon.html."""
    return _render("icon", name=name)


@register.inclusion_tag("components/step_indicator.html")
def step_indicator(current: int, total: int, label: str = "") -> dict[str, Any]:
    """Where one is in a journey: "Steg 3 av 9"."""
    return {"current": current, "total": total, "label": label, "steps": range(1, total + 1)}


@register.inclusion_tag("components/steps.html")
def steps(current: int, *labels: str, title: str = "Steg") -> dict[str, Any]:
    """A named list of steps, done, current and to come; `current` counts from 1, one past the last is all done."""
    items = [{"label": label, "number": number} for number, label in enumerate(labels, 1)]
    return {"items": items, "current": current, "title": title}


@register.inclusion_tag("components/key_figure.html")
def key_figure(value: Any, label: str, *, tone: str = "", href: str = "", note: str = "") -> dict[str, Any]:
    """One figure with its words, inside {% key_figures %}."""
    if tone:
        _one_of(tone, TONES, "Key figure tone")
    return {"value": value, "label": label, "tone": tone, "href": href, "note": note}


@register.inclusion_tag("components/button.html")
def button(
    text: str,
    variant: str = "primary",
    *,
    href: str = "",
    type: str = "submit",
    name: str = "",
    value: str = "",
    form: str = "",
    busy: str = "",
    icon: str = "",
    label: str = "",
    disabled: bool = False,
    small: bool = False,
    full: bool = False,
    described_by: str = "",
) -> dict[str, Any]:
    """A button, or with `href` a link that looks like one."""
    _one_of(variant, VARIANTS, "Button variant")
    return {
        "text": text,
        "variant": variant,
        "href": href,
        "type": type,
        "name": name,
        "value": value,
        "form": form,
        "busy": busy,
        "icon": icon,
        "label": label,
        "disabled": disabled,
        "small": small,
        "full": full,
        "described_by": described_by,
    }


@register.inclusion_tag("components/copy_button.html")
def copy_button(target: str, text: str = "Kopiera", *, label: str = "") -> dict[str, Any]:
    """A button that copies the text of the element with id `target`; not shown without JavaScript."""
    return {"target": target, "text": text, "label": label}


@register.inclusion_tag("components/file_drop.html")
def file_drop(
    field: BoundField, *, title: str = "", hint: str = "", accept: str = "", max_mb: int | None = None
) -> dict[str, Any]:
    """A file field to click or to drop a file on."""
    ids = described_by(field, hint)
    attrs: dict[str, str | bool] = {"class": "file-drop__input", "data-file-input": True}
    if accept:
        attrs["accept"] = accept
    if ids:
        attrs["aria-describedby"] = ids
    if max_mb:
        attrs["data-max-bytes"] = str(max_mb * 1_000_000)
    return {
        "field": field,
        "title": title or field.label,
        "hint": hint or field.help_text,
        "control": field.as_widget(attrs=attrs),
    }


@register.inclusion_tag("components/breadcrumbs.html")
def breadcrumbs(*parts: str) -> dict[str, Any]:
    """Where the page lies: pairs of text and address, and last the page's own name."""
    *pairs, current = parts
    if len(pairs) % 2:
        raise template.TemplateSyntaxError("breadcrumbs takes pairs of text and address, then the page's own name")
    return {"links": list(zip(pairs[::2], pairs[1::2], strict=True)), "current": current}


@register.inclusion_tag("components/back_link.html")
def back_link(href: str, text: str = "Tillbaka") -> dict[str, Any]:
    """The way back, above the heading."""
    return {"href": href, "text": text}


@register.inclusion_tag("components/picture.html")
def picture(name: str, alt: str, caption: str = "") -> dict[str, Any]:
    """A picture of the portal (static/handbok/<name>.webp), with its size, so that nothing moves when it comes."""
    width, height = pictures.size(name)
    return {"name": f"handbok/{name}.webp", "alt": alt, "caption": caption, "width": width, "height": height}


def _query_of(request: HttpRequest) -> QueryDict:
    """What the address asks for, but for what may be a personnummer and how the page came to be asked again."""
    query = request.GET.copy()
    for name, values in request.GET.lists():
        if name in {ASKED_BY_ITSELF, STANDS_STILL} or any(map(personnummer.LOOKS_LIKE.search, values)):
            del query[name]
    return query


def _again(request: HttpRequest, *more: str) -> str:
    """The address of the page that is shown, with these words added to its query."""
    query = _query_of(request)
    for name in more:
        query[name] = "1"
    return f"{request.path}?{query.urlencode()}" if query else request.path


@register.inclusion_tag("components/progress.html", takes_context=True)
def progress(context: template.Context, one: Progress) -> dict[str, Any]:
    """How far something has come that takes a while; the page asks again until it is done (config.lib.progress)."""
    request = context["request"]
    return {
        "one": one,
        "level": "warning" if one.trouble else "info",
        "icon": "warning" if one.trouble else "clock",
        "asks_at": _again(request, ASKED_BY_ITSELF),
        "again": _again(request),
        "still": _again(request, STANDS_STILL),
        "asks": bool(context.get("is_watched")) and STANDS_STILL not in request.GET,
        "seconds": SECONDS_WITHOUT_SCRIPTS,
        "now": timezone.now(),
    }


@register.simple_tag(takes_context=True)
def asks_again(context: template.Context) -> SafeString:
    """In the head of a page that `is_watched`: the browser without scripts loads it again, unless that is stopped."""
    request = context["request"]
    if STANDS_STILL in request.GET:
        return SafeString()
    meta = '<noscript><meta http-equiv="refresh" content="{}; url={}"></noscript>'
    return format_html(meta, SECONDS_WITHOUT_SCRIPTS, _again(request, ASKED_BY_ITSELF))


@register.inclusion_tag("components/pager.html", takes_context=True)
def pager(
    context: template.Context, page: "Page[Any]", *, param: str = "sida", label: str = "Sidor", anchor: str = ""
) -> dict[str, Any]:
    """Links to the other pages of a list; keeps the rest of the query string, but for what may be a personnummer.

    Nothing when there is one page.
    """
    numbers = page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    query = _query_of(context["request"])

    def address(number: int) -> str:
        query[param] = str(number)
        return f"?{query.urlencode()}{f'#{anchor}' if anchor else ''}"

    return {
        "page": page,
        "label": label,
        "links": [{"number": n, "href": address(n) if isinstance(n, int) else ""} for n in numbers],
        "previous": address(page.previous_page_number()) if page.has_previous() else "",
        "next": address(page.next_page_number()) if page.has_next() else "",
    }

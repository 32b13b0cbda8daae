"""The face of the portal: components, forms' markup, Swedish formats, error pages and style sheets."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django import forms
from django.contrib.auth.models import AnonymousUser
from django.core.paginator import Paginator
from django.template import Context, Template, TemplateSyntaxError
from django.template.loader import render_to_string
from django.test import RequestFactory

from config.templatetags import sv, ui
from config.views_gallery import SampleFile, SampleForm, gallery
from tests.guards.html import faults_in

ROOT = Path(__file__).resolve().parent.parent.parent
TEMPLATES = ROOT / "templates"
STYLES = ROOT / "static" / "css"
ERROR_PAGES = ["400", "403", "403_csrf", "404", "405", "413", "429", "500", "503"]


class Page(HTMLParser):
    """The start tags of a page with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def all(self, *names: str) -> list[dict[str, str]]:
        """The attributes of every tag with one of the names."""
        return [attrs for tag, attrs in self.tags if tag in names]

    @property
    def ids(self) -> list[str]:
        """Every id, in order."""
        return [attrs["id"] for _, attrs in self.tags if "id" in attrs]


def rendered(source: str, **context: object) -> str:
    """`source` as a template with `context`; white space made single."""
    html = Template(source).render(Context(context))
    return re.sub(r"\s+", " ", html).strip()


@pytest.fixture
def gallery_html() -> str:
    request = RequestFactory().get("/komponenter/")
    request.user = AnonymousUser()
    return gallery(request).content.decode()


# The gallery shows everything, so what holds there holds for the components.


def test_gallery_keeps_the_rules_of_every_page(gallery_html: str) -> None:
    samples = ("inget på sidan heter", "säger inte att sidan har fel")  # it shows links and errors that are nobody's
    assert [fault for fault in faults_in(gallery_html) if not fault.startswith(samples[0]) and samples[1] not in fault] == []


def test_gallery_shows_every_component(gallery_html: str) -> None:
    source = (TEMPLATES / "components" / "gallery.html").read_text(encoding="utf-8")
    names = {path.stem for path in (TEMPLATES / "components").glob("[a-z]*.html")} - {"gallery"}
    assert {name for name in names if f"{{% {name} " not in source} == set()


def test_every_component_tells_its_options() -> None:
    for path in (TEMPLATES / "components").glob("[a-z]*.html"):
        if path.stem != "gallery":
            assert path.read_text(encoding="utf-8").startswith("{% comment %}"), path.name


def test_ids_are_unique_and_every_reference_has_its_target(gallery_html: str) -> None:
    page = Page(gallery_html)
    assert len(page.ids) == len(set(page.ids))
    for _, attrs in page.tags:
        for name in ("for", "aria-describedby", "aria-labelledby", "data-reveal", "data-copy", "data-filter"):
            for target in attrs.get(name, "").split():
                assert target in page.ids, f"{name}={target}"


def test_every_control_has_a_label(gallery_html: str) -> None:
    page = Page(gallery_html)
    labelled = {attrs.get("for") for attrs in page.all("label")}
    for attrs in page.all("input", "select", "textarea"):
        if attrs.get("type") not in {"hidden", "submit"}:
            assert attrs["id"] in labelled, attrs


def test_menu_stands_in_the_order_of_the_manual(gallery_html: str) -> None:
    labels = re.findall(r'class="menu__label">([^<]+)<', gallery_html)
    assert labels == ["Inlämning", "Uppskov", "Profil &amp; enheter", "Meddelanden"]
    assert "3\N{NO-BREAK SPACE}olästa" in gallery_html


# Fields


def test_field_ties_help_and_error_to_the_control() -> None:
    form = SampleForm({"email": "fel"})
    html = rendered("{% field form.email %}", form=form)
    control = Page(html).all("input")[0]
    assert control["aria-describedby"] == "id_email_helptext id_email_error"
    assert control["aria-invalid"] == "true"
    assert html.index("Fyll i en giltig e-postadress") < html.index("<input")


def test_whole_form_has_the_same_markup_as_its_fields() -> None:
    form = SampleForm({"email": "fel"})
    assert rendered("{% field form.email %}", form=form) in rendered("{{ form }}", form=form)


def test_group_is_a_fieldset_with_its_error_tied_to_it() -> None:
    page = Page(rendered("{% field form.role %}", form=SampleForm({})))
    assert page.all("fieldset")[0]["aria-describedby"] == "id_role_error"
    assert "aria-describedby" not in page.all("input")[0]


def test_help_given_in_the_page_is_tied_to_the_control() -> None:
    page = Page(rendered('{% field form.code help="Sex siffror" size="code" %}', form=SampleForm()))
    assert page.all("input")[0]["aria-describedby"] == "id_code_helptext"
    assert "id_code_helptext" in page.ids


def test_only_optional_fields_say_so() -> None:
    assert "(valfritt)" in rendered("{% field form.reason %}", form=SampleForm())
    assert "(valfritt)" not in rendered("{% field form.reason mark_optional=False %}", form=SampleForm())
    assert "(valfritt)" not in rendered("{% field form.email %}", form=SampleForm())


def test_error_summary_links_to_controls_that_exist() -> None:
    form = SampleForm({})
    page = Page(rendered("{% error_summary form %}{{ form }}", form=form))
    targets = [attrs["href"][1:] for attrs in page.all("a")]
    assert len(targets) == 7
    assert set(targets) <= set(page.ids)
    assert page.tags[0][1]["tabindex"] == "-1"


def test_error_summary_is_silent_when_all_is_well() -> None:
    assert rendered("{% error_summary form %}", form=SampleForm()) == ""


def test_error_summary_tells_of_errors_without_a_field() -> None:
    form = SampleForm({})
    form.full_clean()
    form.add_error(None, "Koden har redan använts.")
    assert "<li>Koden har redan använts.</li>" in rendered("{% error_summary form %}", form=form)


def test_file_field_is_a_plain_file_field_underneath() -> None:
    html = rendered('{% file_drop form.file title="Välj fil" hint="Textfil" max_mb=100 %}', form=SampleFile())
    control = Page(html).all("input")[0]
    assert (control["type"], control["name"], control["data-max-bytes"]) == ("file", "file", "100000000")


# The other tags


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (
            '{% notice "warning" title="Obs" role="status" %}<p>x</p>{% endnotice %}',
            ["notice--warning", 'role="status"', "<p>x</p>"],
        ),
        ('{% card "Titel" href="/a" level=3 tone="success" %}x{% endcard %}', ["<h3", 'href="/a"', "card--success"]),
        (
            '{% table "Rader" hide_caption=True %}<tbody></tbody>{% endtable %}',
            ['aria-label="Rader"', "<caption", 'tabindex="0"'],
        ),
        ('{% empty "Tomt" %}<p>y</p>{% endempty %}', ["Tomt", "<p>y</p>"]),
        ('{% facts %}{% fact "Rader" %}3{% endfact %}{% endfacts %}', ["<dl", "<dt", "<dd"]),
        ('{% disclosure "Mer" open=True %}z{% enddisclosure %}', ["<details", " open>"]),
        (
            '{% key_figures %}{% key_figure 3 "Fel" tone="error" href="#f" %}{% endkey_figures %}',
            ['href="#f"', "key-figure--error"],
        ),
        ('{% level_badge "fel" %}', ["Måste rättas"]),
        ('{% level_badge "varning" %}', ["Måste förklaras"]),
        ('{% level_badge "info" %}', ["Bra att veta"]),
        ('{% badge 3 "brand" label="3 olästa" %}', ['aria-hidden="true">3<', "3 olästa"]),
        ("{% step_indicator 3 9 %}", ["Steg 3 av 9"]),
        ('{% steps 2 "A" "B" "C" %}', ['aria-current="step"', "(klart)"]),
        ('{% button "Skicka" busy="Skickar …" %}', ['type="submit"', 'data-busy="Skickar …"']),
        ('{% button "Till" "quiet" href="/x" %}', ["<a ", 'href="/x"']),
        ('{% breadcrumbs "Inlämning" "/inlamning/" "Granska" %}', ['href="/inlamning/"', 'aria-current="page"']),
        ('{% back_link "/x" "Tillbaka" %}', ['href="/x"', "Tillbaka"]),
    ],
)
def test_tag_says_what_it_is_given(source: str, words: list[str]) -> None:
    html = rendered(source)
    assert [word for word in words if word not in html] == []


@pytest.mark.parametrize(("asked", "is_open"), [("mer", True), ("annat", False), ("", False)])
def test_a_part_is_unfolded_where_the_address_asks_for_it(asked: str, is_open: bool) -> None:
    html = rendered('{% disclosure "Mer" id="mer" %}z{% enddisclosure %}', request=RequestFactory().get("/", {"oppna": asked}))
    assert (' id="mer" open>' in html) == is_open


def test_what_a_tag_is_given_is_escaped_but_its_body_is_markup() -> None:
    html = rendered("{% notice title=text %}<p>{{ text }}</p>{% endnotice %}{% badge text %}", text="<b>&")
    assert "<b>" not in html
    assert "<p>&lt;b&gt;&amp;</p>" in html


@pytest.mark.parametrize(
    "source",
    [
        '{% notice "röd" %}{% endnotice %}',
        '{% badge "x" "lila" %}',
        '{% button "x" "stor" %}',
        '{% level_badge "allvarlig" %}',
        '{% breadcrumbs "Inlämning" "Granska" %}',
    ],
)
def test_wrong_option_is_refused(source: str) -> None:
    with pytest.raises(TemplateSyntaxError):
        rendered(source)


def test_pager_keeps_the_query_and_marks_the_page() -> None:
    request = RequestFactory().get("/", {"q": "lön", "sida": "2"})
    page = Paginator(range(95), 10).get_page(2)
    html = rendered("{% pager page %}", page=page, request=request)
    assert "?q=l%C3%B6n&amp;sida=3" in html
    assert 'aria-current="page"' in html
    assert "11–20 av 95" in html


def test_pager_is_silent_for_one_page() -> None:
    request = RequestFactory().get("/")
    assert rendered("{% pager page %}", page=Paginator(range(5), 10).get_page(1), request=request) == ""


# Swedish

THIN, HARD = "\u202f", "\u00a0"
MOMENT = datetime(2026, 11, 24, 14, 48, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (sv.number(31500), f"31{THIN}500"),
        (sv.number(1_234_567), f"1{THIN}234{THIN}567"),
        (sv.number(0), "0"),
        (sv.number(-1200), f"\N{MINUS SIGN}1{THIN}200"),
        (sv.number(None), "–"),
        (sv.number("okänt"), "okänt"),
        (sv.number(float("nan")), "nan"),
        (sv.decimal(0.125, 2), "0,13"),
        (sv.decimal("38412.44"), f"38{THIN}412,4"),
        (sv.decimal(-0.01, 1), "0,0"),
        (sv.percent(0.256, 1), f"25,6{HARD}%"),
        (sv.percent(None), "–"),
        (sv.day(date(2026, 12, 1)), "2026-12-01"),
        (sv.day(datetime(2026, 11, 30, 23, 30, tzinfo=UTC)), "2026-12-01"),
        (sv.day(None), "–"),
        (sv.long_day(date(2026, 12, 1)), f"1{HARD}december 2026"),
        (sv.week_day(date(2026, 12, 1)), f"tisdag 1{HARD}december 2026"),
        (sv.moment(MOMENT), f"24{HARD}nov 2026 kl.{HARD}15.48"),
        (sv.moment(datetime(2026, 7, 1, 6, 5, tzinfo=UTC)), f"1{HARD}juli 2026 kl.{HARD}08.05"),
        (sv.clock(MOMENT), "15.48"),
        (sv.size(812), f"812{HARD}byte"),
        (sv.size(412345), f"412{HARD}kB"),
        (sv.size(999_600), f"1,0{HARD}MB"),
        (sv.size(104_857_600), f"105{HARD}MB"),
        (sv.size(0), f"0{HARD}byte"),
        (sv.plural(1, "rad,rader"), "rad"),
        (sv.plural(0, "rad,rader"), "rader"),
        (sv.count(2104, "rad,rader"), f"2{THIN}104{HARD}rader"),
        (sv.count(1, "rad,rader"), f"1{HARD}rad"),
    ],
)
def test_swedish_ways_of_writing(written: str, expected: str) -> None:
    assert written == expected


@pytest.mark.parametrize(
    ("text", "is_date"), [("2026-12-15", True), ("11/25/2026", False), ("15/12", False), ("25.11.2026", False)]
)
def test_dates_are_read_as_iso_only(text: str, is_date: bool) -> None:
    form = type("DayForm", (forms.Form,), {"day": forms.DateField()})({"day": text})
    assert form.is_valid() is is_date


# Error pages


@pytest.mark.parametrize("name", ERROR_PAGES)
def test_error_page_needs_no_context(name: str) -> None:
    html = render_to_string(f"{name}.html")
    assert faults_in(html) == []


@pytest.mark.parametrize(
    ("name", "known", "words"),
    [
        ("403", {"reason": "Läsare får inte lämna in."}, "Läsare får inte lämna in."),
        ("413", {"limit": "100 MB"}, "högst 100 MB"),
        ("429", {"wait": "om 5 minuter"}, "Försök igen om 5 minuter."),
        ("500", {"request_id": "a1b2"}, "a1b2"),
    ],
)
def test_error_page_tells_what_it_knows(name: str, known: dict[str, str], words: str) -> None:
    assert words in render_to_string(f"{name}.html", known)


# Style sheets


def _tokens(css: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+):\s*([^;]+);", css))


def _schemes() -> dict[str, dict[str, str]]:
    light, dark = (STYLES / "00-tokens.css").read_text(encoding="utf-8").split("@media screen and (prefers-color-scheme: dark)")
    return {"light": _tokens(light), "dark": _tokens(light) | _tokens(dark)}


def _luminance(tokens: dict[str, str], name: str) -> float:
    value = tokens[name]
    while reference := re.fullmatch(r"var\(--([\w-]+)\)", value):
        value = tokens[reference[1]]
    channels = [int(value[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(tokens: dict[str, str], one: str, other: str) -> float:
    lighter, darker = sorted((_luminance(tokens, one), _luminance(tokens, other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


GROUNDS = ["page", "surface", "surface-sunken", "surface-tint"]
SIGNALS = ["error", "warning", "success", "info", "neutral"]
TEXT_PAIRS = [(text, ground) for text in ("text", "text-muted", "link", "error") for ground in GROUNDS]
TEXT_PAIRS += [(text, f"{signal}-ground") for signal in SIGNALS for text in (signal, "text", "link")]
TEXT_PAIRS += [("masthead-text", "masthead"), ("masthead-muted", "masthead"), ("surface", "accent-text")]
TEXT_PAIRS += [
    ("action-text", "action"),
    ("action-text", "action-hover"),
    ("danger-text", "danger"),
    ("danger-text", "danger-hover"),
]
SHAPE_PAIRS = [(shape, ground) for shape in ("line-strong", "focus", "accent", "action") for ground in ("page", "surface")]
SHAPE_PAIRS += [(f"{signal}-line", "surface") for signal in SIGNALS]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast_aa(scheme: str) -> None:
    tokens = _schemes()[scheme]
    weak = {pair: round(_contrast(tokens, *pair), 2) for pair in TEXT_PAIRS if _contrast(tokens, *pair) < 4.5}
    assert weak == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_edges_and_focus_have_contrast_aa(scheme: str) -> None:
    tokens = _schemes()[scheme]
    weak = {pair: round(_contrast(tokens, *pair), 2) for pair in SHAPE_PAIRS if _contrast(tokens, *pair) < 3}
    assert weak == {}


def test_every_token_that_is_used_is_defined() -> None:
    css = "".join(path.read_text(encoding="utf-8") for path in STYLES.glob("*.css"))
    defined = set(re.findall(r"(--[\w-]+):", css))
    assert set(re.findall(r"var\((--[\w-]+)", css)) - defined == set()


def test_every_class_in_a_template_belongs_to_a_style() -> None:
    """A class whose block no sheet knows is a slip of the pen; an element of a known block may do without a style."""
    css = "".join(path.read_text(encoding="utf-8") for path in STYLES.glob("*.css"))
    styled = {_block(name) for name in re.findall(r"\.([a-z][\w-]*)", css)}
    unknown = set()
    for path in TEMPLATES.rglob("*.html"):
        for value in re.findall(r'\bclass="((?:{%.*?%}|{{.*?}}|[^"])*)"', path.read_text(encoding="utf-8")):
            without_tags = re.sub(r"{% block .*?endblock %}|{%.*?%}", " ", value)
            names = re.sub(r"\S*{{.*?}}\S*", " ", without_tags).split()
            unknown |= {f"{path.relative_to(TEMPLATES)}: {name}" for name in names if _block(name) not in styled}
    assert unknown == set()


def _block(name: str) -> str:
    return re.split(r"__|--", name)[0]


@pytest.mark.parametrize(
    ("email", "html"),
    [
        ("anna.alm@trosa.example", "anna.alm<wbr>@trosa.example"),
        ("<b>@x.example", "&lt;b&gt;<wbr>@x.example"),
        ("utan-snabel-a", "<wbr>utan-snabel-a"),
    ],
)
def test_an_address_breaks_before_its_at_and_is_escaped(email: str, html: str) -> None:
    assert ui.address(email) == f'<span class="address">{html}</span>'

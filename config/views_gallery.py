"""The component gallery: every component in every state on one page. Served at /komponenter/ only when DEBUG is on.

The colours, with their contrast, and the spaces are read out of the sheet of tokens, so that the page shows what holds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.access import open_view
from config.lib.progress import Progress

INDEX = (
    ("farger", "Färger"), ("text", "Text"), ("mellanrum", "Mellanrum"), ("knappar", "Knappar"), ("marken", "Märken och nivåer"),
    ("rutor", "Meddelanden i sidan"), ("vagen", "Var man är"), ("nasta", "Nästa steg"), ("siffror", "Siffror och fakta"),
    ("tabeller", "Tabeller och listor"), ("anmarkningar", "Anmärkningar"), ("formular", "Formulär"), ("samtal", "Samtal"),
)  # fmt: skip
ICONS = (
    "info", "success", "warning", "error", "check", "close", "arrow-left", "arrow-right", "download", "upload", "file", "copy",
    "clock", "message", "people", "lock", "search", "edit", "undo", "printer", "menu",
)  # fmt: skip
SIGNALS = ("error", "warning", "success", "info", "neutral")
COLOURS = (
    ("Text", True, [
        ("text", "page"), ("text", "surface"), ("text-muted", "page"), ("text-muted", "surface-sunken"), ("link", "page"),
        ("link-hover", "surface-tint"), ("accent-text", "page"),
    ]),
    ("Sidhuvud och knappar", True, [
        ("masthead-text", "masthead"), ("masthead-muted", "masthead"), ("action-text", "action"), ("action-text", "action-hover"),
        ("danger-text", "danger"), ("danger-text", "danger-hover"),
    ]),
    ("Nivåer och lägen", True, [(name, f"{name}-ground") for name in SIGNALS]),
    ("Linjer, ikoner och markeringar", False, [
        ("line-strong", "surface"), ("focus", "page"), ("accent", "surface"), ("action", "page"),
        *((f"{name}-line", "surface") for name in SIGNALS),
    ]),
    ("Diagram", False, [("chart-now", "surface"), ("chart-before", "surface"), ("chart-other", "surface"), ("chart-span", "surface")]),
)  # fmt: skip
DARK = "@media screen and (prefers-color-scheme: dark)"


@dataclass(frozen=True, slots=True)
class Sample:
    """A colour on its ground in one scheme, as written in the sheet."""

    colour: str
    ground: str

    @property
    def contrast(self) -> float:
        """The contrast by WCAG 2: from 1 to 21."""
        darker, lighter = sorted((_luminance(self.colour), _luminance(self.ground)))
        return (lighter + 0.05) / (darker + 0.05)


@dataclass(frozen=True)
class Tokens:
    """The sheet of tokens."""

    css: str

    @cached_property
    def schemes(self) -> tuple[dict[str, str], dict[str, str]]:
        """The tokens in light and in dark."""
        light, _, dark = self.css.partition(DARK)
        found = [dict(re.findall(r"--([\w-]+):\s*([^;]+);", part)) for part in (light, dark)]
        return found[0], found[0] | found[1]

    def pair(self, name: str, ground: str) -> dict[str, Any]:
        """A colour on its ground, light and dark."""
        samples = [Sample(_resolved(tokens, name), _resolved(tokens, ground)) for tokens in self.schemes]
        return {"name": name, "ground": ground, "samples": samples}

    @property
    def spaces(self) -> list[tuple[str, str]]:
        """The spaces, smallest first."""
        return sorted((name, size) for name, size in self.schemes[0].items() if name.startswith("space-"))


def _resolved(tokens: dict[str, str], name: str) -> str:
    value = tokens[name]
    while reference := re.fullmatch(r"var\(--([\w-]+)\)", value):
        value = tokens[reference[1]]
    return value


def _luminance(colour: str) -> float:
    """The relative luminance of #rrggbb by WCAG 2: 0 black, 1 white."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


class SampleForm(forms.Form):
    """One field of each kind, the errors included when it is bound to nothing."""

    email = forms.EmailField(label="E-post", help_text="Den adress som inbjudan kom till.")
    code = forms.CharField(label="Verifieringskod", widget=forms.TextInput(attrs={"inputmode": "numeric"}))
    password = forms.CharField(label="Lösenord", widget=forms.PasswordInput(attrs={"autocomplete": "off"}))
    date = forms.DateField(label="Nytt datum", help_text="Skriv ÅÅÅÅ-MM-DD, till exempel 2026-12-15.")
    unit = forms.ChoiceField(label="Enhet", choices=[("0488", "Trosa kommun"), ("0400", "Region Södermanland")])
    reason = forms.CharField(label="Skäl", widget=forms.Textarea(attrs={"rows": 4}), required=False)
    role = forms.ChoiceField(
        label="Roll",
        widget=forms.RadioSelect,
        choices=[("reader", "Läsare"), ("submitter", "Uppgiftslämnare"), ("contact", "Kontaktperson")],
    )
    agree = forms.BooleanField(label="Jag har läst informationen")


class SampleFile(forms.Form):
    """A file field."""

    file = forms.FileField(label="Fil")


GOING_ON = [
    Progress(
        "prov-1", "Provkörningen pågår", "120 av 290 enheter är provade.", 120, 290, "En provkörning brukar ta ungefär 4 minuter."
    ),
    Progress("prov-2", "Filen kontrolleras", "Version 2 är mottagen och sparad. Nu läses varje rad och kontrollerna körs."),
    Progress("prov-3", "Uttaget görs", "CSV: 12 av 290 enheter är klara.", 12, 290, trouble="Det tas upp av sig självt."),
]


@open_view
def gallery(request: HttpRequest) -> HttpResponse:
    """Every component, with forms empty and with errors."""
    page = Paginator(range(2104), 50).get_page(request.GET.get("sida", 7))
    menu = [
        {"label": "Inlämning", "url": "#inlamning", "active": True, "badge": 0},
        {"label": "Uppskov", "url": "#uppskov", "active": False, "badge": 0},
        {"label": "Profil & enheter", "url": "#profil", "active": False, "badge": 0},
        {"label": "Meddelanden", "url": "#meddelanden", "active": False, "badge": 3},
    ]
    tokens = Tokens((settings.BASE_DIR / "static" / "css" / "00-tokens.css").read_text(encoding="utf-8"))
    context: dict[str, Any] = {
        "index": INDEX,
        "icons": ICONS,
        "spaces": tokens.spaces,
        "colours": [
            {"title": title, "is_text": is_text, "pairs": [tokens.pair(*pair) for pair in pairs]}
            for title, is_text, pairs in COLOURS
        ],
        "menu": menu,
        "banner": {"text": "Insamlingen 2026 är öppen. Sista dag är tisdag 1 december 2026.", "tone": "", "url": ""},
        "form": SampleForm(auto_id="ok_%s"),
        "wrong": SampleForm({"email": "anna.trosa", "date": "15/12"}, auto_id="fel_%s"),
        "file": SampleFile(auto_id="fil_%s"),
        "wrong_file": SampleFile({}, auto_id="felfil_%s"),
        "page": page,
        "now": timezone.now(),
        "levels": ["fel", "varning", "info"],
        "going_on": GOING_ON,
    }
    return render(request, "components/gallery.html", context)

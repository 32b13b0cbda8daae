"""The component gallery: every component in every state on one page. Served at /komponenter/ only when DEBUG is on."""

from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.access import open_view


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
    context: dict[str, Any] = {
        "menu": menu,
        "banner": {"text": "Insamlingen 2026 är öppen. Sista dag är tisdag 1 december 2026.", "tone": "", "url": ""},
        "form": SampleForm(auto_id="ok_%s"),
        "wrong": SampleForm({"email": "anna.trosa", "date": "15/12"}, auto_id="fel_%s"),
        "file": SampleFile(auto_id="fil_%s"),
        "wrong_file": SampleFile({}, auto_id="felfil_%s"),
        "page": page,
        "now": timezone.now(),
        "levels": ["fel", "varning", "info"],
    }
    return render(request, "components/gallery.html", context)

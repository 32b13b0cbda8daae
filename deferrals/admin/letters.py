"""The words of the portal's letters: what each says now, a form to word it anew, how it will look, and every version."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import NotAllowed
from accounts.admin_site import PortalAdmin, Section, badge, link, portal_admin
from config.lib.line_breaks import note_line_break
from config.lib.mail import paragraphs_of
from messaging import letters
from messaging.letters import Letter
from messaging.models import MailText
from profiles.models import Unit
from submissions.models import Submission

VERSIONS = 50


class LetterForm(forms.Form):
    """A letter's words, and the unit to show them for."""

    subject = forms.CharField(
        label="Ämne",
        max_length=letters.SUBJECT_LENGTH,
        validators=[note_line_break],
        error_messages={"required": "Skriv ett ämne.", "max_length": f"Ämnet får vara högst {letters.SUBJECT_LENGTH} tecken."},
    )
    body = forms.CharField(
        label="Text",
        max_length=letters.BODY_LENGTH,
        widget=forms.Textarea(attrs={"rows": 14}),
        error_messages={"required": "Skriv mejlets text.", "max_length": f"Texten får vara högst {letters.BODY_LENGTH} tecken."},
    )
    example = forms.ModelChoiceField(
        label="Visa hur det blir för",
        queryset=Unit.objects.none(),
        required=False,
        empty_label="Ett påhittat exempel",
        error_messages={"invalid_choice": "Välj en enhet i listan."},
    )
    seen = forms.IntegerField(
        widget=forms.HiddenInput, min_value=0, error_messages={"required": "Ladda om sidan.", "invalid": "Ladda om sidan."}
    )

    def __init__(self, *args: Any, letter: Letter, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.letter = letter
        self.fields[
            "body"
        ].help_text = f"Det här fylls i: {letters.places_in_words(letter)}. Skilj stycken åt med en tom rad. Ett stycke med något som är tomt utelämnas."
        self.fields["example"].queryset = Unit.objects.filter(is_active=True).order_by("sort_key", "pk")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """What the letter may say."""
        values = super().clean() or {}
        if "subject" in values and "body" in values:
            try:
                values["subject"], values["body"] = letters.clean(self.letter, values["subject"], values["body"])
            except NotAllowed as refusal:
                self.add_error("subject" if "mne" in refusal.reason.split(".")[0] else "body", refusal.reason)
        return values


@admin.register(MailText, site=portal_admin)
class MailTextAdmin(PortalAdmin):
    """The letters, and the versions of their texts."""

    section = Section.SETTINGS
    position = 130
    lead = (
        "Breven till enheterna går att skriva om. Mejl om konton, koder och inloggning är en del av skyddet och ändras inte här."
    )
    list_display = ("letter", "version", "what", "by", "at")
    list_display_links = ("version",)
    list_select_related = ("by",)
    ordering = ("-at", "-pk")
    change_list_template = "admin/messaging/letters.html"
    object_template = "admin/messaging/letter_version.html"
    facts = ("letter_link", "version", "what", "by", "at")

    def pages(self) -> Iterable[tuple[str, Callable[..., HttpResponse], str]]:
        """One letter's page, and the way back to the shipped text."""
        return [
            ("brev/<slug:slug>/", require_http_methods(["GET", "HEAD", "POST"])(self.word), "word"),
            ("brev/<slug:slug>/aterstall/", require_POST(self.restore), "restore"),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Every letter with what counts now, over the versions."""
        newest = {text.key: text for text in MailText.objects.select_related("by").order_by("version", "pk")}
        rows = [(letter, self.page_url("word", letter.slug), newest.get(letter.key)) for letter in letters.LETTERS]
        return super().changelist_view(request, {"letters": rows, **(extra_context or {})})

    def heading(self, obj: MailText | None) -> str:
        """Which letter."""
        return f"{title_of(obj)}, version {obj.version}" if obj is not None else "Mejltexter"

    @admin.display(description="mejl", ordering="key")
    def letter(self, text: MailText) -> str:
        """Which letter."""
        return title_of(text)

    @admin.display(description="mejl")
    def letter_link(self, text: MailText) -> str | SafeString:
        """The way to its page."""
        letter = letters.BY_KEY.get(text.key)
        return link(self.page_url("word", letter.slug), letter.title) if letter else text.key

    @admin.display(description="text")
    def what(self, text: MailText) -> str | SafeString:
        """SKR's own words, or the portal's."""
        return badge("Medföljande text") if text.is_shipped else text.subject

    def word(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Read, preview and save a letter's words; `gor` says which."""
        asked, letter = self.require(request, letters.CHANGE), self._letter(slug)
        text = letters.current(letter)
        subject, body = (text.subject, text.body) if text and not text.is_shipped else letters.shipped_text(letter)
        version = text.version if text else 0
        if request.method != "POST":
            form = LetterForm(letter=letter, initial={"subject": subject, "body": body, "seen": version})
            return self._page(request, letter, form, text, letter_as_sent(letter, subject, body, None))
        form = LetterForm(request.POST, letter=letter)
        if not form.is_valid():
            return self._page(request, letter, form, text, None)
        values = form.cleaned_data
        if request.POST.get("gor") != "spara":
            return self._page(
                request, letter, form, text, letter_as_sent(letter, values["subject"], values["body"], values["example"])
            )
        kept = {name: values[name] for name in ("subject", "body", "seen")}
        try:
            saved = letters.save_text(letter=letter, by=asked.user, at=timezone.now(), **kept)
        except NotAllowed as refusal:
            form.add_error(None, refusal.reason)
            return self._page(request, letter, form, text, None)
        messages.success(request, f"Texten är sparad som version {saved.version} och gäller från nästa mejl.")
        return HttpResponseRedirect(self.page_url("word", slug))

    def restore(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Återställ till den medföljande."""
        asked, letter = self.require(request, letters.CHANGE), self._letter(slug)
        seen = request.POST.get("seen", "")
        version = int(seen) if seen.isdecimal() and len(seen) < 9 else 0
        return self.perform(
            request,
            lambda: letters.restore_shipped(letter=letter, seen=version, by=asked.user, at=timezone.now()),
            done="Den medföljande texten gäller igen.",
            back=self.page_url("word", slug),
        )

    def _letter(self, slug: str) -> Letter:
        if slug not in letters.BY_SLUG:
            raise Http404
        return letters.BY_SLUG[slug]

    def _page(
        self, request: HttpRequest, letter: Letter, form: LetterForm, text: MailText | None, shown: dict[str, Any] | None
    ) -> HttpResponse:  # fmt: skip
        versions = MailText.objects.filter(key=letter.key).select_related("by").order_by("-version", "-pk")[:VERSIONS]
        context = {
            "letter": letter,
            "form": form,
            "text": text,
            "shown": shown,
            "versions": [(one, self.object_url(one)) for one in versions],
            "restore_url": self.page_url("restore", letter.slug) if text and not text.is_shipped else "",
            "heading": letter.title,
        }
        return self.show(request, "admin/messaging/letter.html", None, context)

    def details(self, request: HttpRequest, obj: MailText) -> dict[str, Any]:
        """The words of the version."""
        letter = letters.BY_KEY.get(obj.key)
        words = letters.shipped_text(letter) if letter and obj.is_shipped else (obj.subject, obj.body)
        return {"subject": words[0], "body": words[1]}


def title_of(text: MailText) -> str:
    """The letter's title; of one that is no longer worded here its name."""
    letter = letters.BY_KEY.get(text.key)
    return letter.title if letter else text.key


def letter_as_sent(letter: Letter, subject: str, body: str, unit: Unit | None) -> dict[str, Any]:
    """The mail as the unit gets it, as text and as it looks."""
    values = letters.example_values(letter, timezone.now())
    if unit is not None:
        values["unit"] = unit.name
        newest = Submission.objects.filter(unit=unit).select_related("collection").order_by("-collection__year", "-pk").first()
        if newest is not None:
            values |= {"year": newest.collection.year, "due_date": newest.due_date}
    subject, text = letters.filled(letter, subject, body, values)
    return {"subject": subject, "text": text, "html": paragraphs_of(text)}

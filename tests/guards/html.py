"""Every HTML answer keeps the content policy and the basics of accessibility; the test client asks on each response.

A page with errors says so in its title, sums them up before the first of them, leads from there to each control, and ties
each control to its words. A reference leads to something that is on the page. The foot offers the same help everywhere
(WCAG 3.2.6).
"""

from __future__ import annotations

import hashlib
import re
from html.parser import HTMLParser
from urllib.parse import unquote

VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
NAMELESS_INPUTS = frozenset({"hidden", "submit", "button", "image", "reset"})
REFERENCES = ("aria-describedby", "aria-labelledby", "aria-controls", "for", "form", "list")
HELP = ["/handbok/", "mailto:personalstatistik@skr.se"]
STATEMENT = "/tillganglighet/"
BY_LOT = re.compile(r'(?<=name=")(csrfmiddlewaretoken|nonce|journey)" value="[^"]*"')  # of what no rule asks


class Page(HTMLParser):
    """Reads a page or fragment and collects what is wrong with it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self.lang: str | None = None
        self.is_whole_page = False
        self.headings = 0
        self.title = ""
        self.ids: set[str] = set()
        self.label_targets: set[str] = set()
        self.unnamed: list[tuple[str, str]] = []
        self.has_htmx = self.asks_for_htmx = False
        self._open: list[str] = []
        self.references: set[str] = set()
        self.foot_links: list[str] = []
        self.summary_links: set[str] = set()
        self.has_summary = False
        self.error_texts: set[str] = set()
        self.unsummed = False
        self.described_by: set[str] = set()
        self.invalid: list[str] = []
        self._in_summary = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self._policy(tag, attributes)
        if tag == "html":
            self.is_whole_page, self.lang = True, attributes.get("lang")
        if tag == "h1":
            self.headings += 1
        if tag == "label" and "for" in attributes:
            self.label_targets.add(attributes["for"])
        if tag == "img" and "alt" not in attributes:
            self.faults.append(f"<img src={attributes.get('src')!r}> utan alt")
        if identity := attributes.get("id"):
            if identity in self.ids:
                self.faults.append(f"id={identity!r} förekommer två gånger")
            self.ids.add(identity)
        self._name(tag, attributes)
        self._refer(attributes)
        self._errors(tag, attributes)
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if "title" in self._open and "svg" not in self._open:
            self.title += data.strip()
        if "{{" in data or "{%" in data:
            self.faults.append(f"omallad text: {data.strip()[:60]!r}")

    def _policy(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "style" or "style" in attributes:
            self.faults.append(f"stil i sidan: <{tag}>")
        if tag == "script" and not attributes.get("src") and attributes.get("type") != "application/json":
            self.faults.append("<script> utan src")
        self.has_htmx |= "htmx" in attributes.get("src", "")
        self.asks_for_htmx |= any(name.startswith("hx-") for name in attributes)
        for name, value in attributes.items():
            if name.startswith(("on", "hx-on")):
                self.faults.append(f"{name}= i <{tag}>")
            if value.strip().lower().startswith("javascript:"):
                self.faults.append(f"{name}={value[:40]!r} i <{tag}>")

    def _name(self, tag: str, attributes: dict[str, str]) -> None:
        if tag not in {"input", "select", "textarea"} or attributes.get("type") in NAMELESS_INPUTS:
            return
        named = any(attributes.get(name) for name in ("aria-label", "aria-labelledby", "title"))
        if not named and "label" not in self._open and "hidden" not in attributes:
            self.unnamed.append((attributes.get("id", ""), attributes.get("name", "")))

    def _refer(self, attributes: dict[str, str]) -> None:
        for name in REFERENCES:
            self.references.update(attributes.get(name, "").split())
        self.described_by.update(attributes.get("aria-describedby", "").split())
        href = attributes.get("href", "")
        if href.startswith("#") and len(href) > 1:
            self.references.add(unquote(href[1:]))
        if href and "footer" in self._open:
            self.foot_links.append(href)

    def _errors(self, tag: str, attributes: dict[str, str]) -> None:
        classes = attributes.get("class", "").split()
        if "error-summary" in classes:
            self.has_summary, self._in_summary = True, len(self._open) + 1
        elif len(self._open) < self._in_summary:
            self._in_summary = 0
        if self._in_summary and attributes.get("href", "").startswith("#"):
            self.summary_links.add(unquote(attributes["href"][1:]))
        if "field__errors" in classes:
            self.error_texts.add(attributes.get("id", ""))
            self.unsummed |= not self.has_summary
        if attributes.get("aria-invalid") == "true":
            self.invalid.append(attributes.get("id", "") or attributes.get("name", ""))

    def _faults_of_errors(self) -> list[str]:
        """What is wrong with how the page tells of errors."""
        faults = [f"felet {text!r} hör inte till något fält" for text in sorted(self.error_texts - self.described_by)]
        if self.unsummed:
            faults.append("fel i ett fält utan sammanfattning före")
        if (self.has_summary or self.invalid) and not self.title.startswith("Fel: "):
            faults.append(f"titeln {self.title!r} säger inte att sidan har fel")
        return faults

    def finish(self) -> list[str]:
        """All faults, once the whole has been read."""
        self.close()
        missing = [name or identity for identity, name in self.unnamed if not identity or identity not in self.label_targets]
        self.faults += [f"fältet {name!r} saknar etikett" for name in missing]
        if self.is_whole_page:
            if self.headings != 1:
                self.faults.append(f"{self.headings} <h1> i stället för en")
            if not self.title:
                self.faults.append("<title> saknas")
            if self.asks_for_htmx and not self.has_htmx:
                self.faults.append("hx- på en sida utan htmx (templates/_head.html)")
            if not (self.lang or "").startswith("sv"):
                self.faults.append(f'lang="{self.lang}" i stället för sv')
            self.faults += [f"inget på sidan heter {name!r}" for name in sorted(self.references - self.ids)]
            if self.foot_links[:2] != HELP or STATEMENT not in self.foot_links:
                self.faults.append(f"sidfoten har inte samma hjälp som överallt: {self.foot_links}")
            self.faults += self._faults_of_errors()
        return self.faults


def faults_in(markup: str) -> list[str]:
    """What is wrong with a page or fragment; an empty list when all is well. The same page again is not read again."""
    seen = hashlib.sha256(BY_LOT.sub(r'\1" value="x"', markup).encode()).digest()
    if seen in _without_faults:
        return []
    page = Page()
    page.feed(markup)
    faults = page.finish()
    if not faults:
        _without_faults.add(seen)
    return faults


_without_faults: set[bytes] = set()

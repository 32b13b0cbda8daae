"""Every HTML answer keeps the content policy and the basics of accessibility; the test client asks on each response."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
NAMELESS_INPUTS = frozenset({"hidden", "submit", "button", "image", "reset"})


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
        return self.faults


def faults_in(markup: str) -> list[str]:
    """What is wrong with a page or fragment; an empty list when all is well."""
    page = Page()
    page.feed(markup)
    return page.finish()

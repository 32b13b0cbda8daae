"""English that has leaked into what a person reads: telling words that no Swedish sentence has, and the places to look.

Left out are words that are Swedish too (list, format, person, filter, start, sent, last, be, do) and what is no language:
whatever stands in code, kbd, samp or pre or is marked with another lang, addresses, file names and words with a digit or a
dot in them.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

WORDS = """
about above account action actions added again already also although and another any apply are because been before
below between both browse browser but button can cancel cannot change changed check checked choice choices choose
clear click close code codes collection column columns comment comments company confirm contact contains content could
create created current currently daily dates day days delete deleted denied details did digits disabled does done
download each edit email empty enabled ensure enter entered error errors exceeded exists expected failed false
february field fields file filename files first following forbidden found friday from greater has have hide history
home hour hours however if ignored incorrect instead invalid is items january july june key length less letter loading
login logout march match maximum message messages missing monday month months must name needed never new next none not
null number numbers october of old one only open optional or other our out overview page pages password people
permission permissions phone please previous provided query read really recent record records remove removed reply
report request requested required results row rows run saturday save saved search see selected send settings should
show since size sort step submit submitted success successfully such sunday sure table than that the their them then
there these they this those thursday time today together true try tuesday unable unexpected unknown until update
updated upload used user username users valid value values view viewing warning was wednesday week welcome were what
when where which while who why will with without would wrong year years yes yesterday you your
"""
TELLING = frozenset(WORDS.split())
ALLOWED = ("Microsoft Authenticator", "Google Play", "App Store", "Apple App Store", "Power Query")
WORD = re.compile(r"(?<![\w@./_:-])[A-Za-z]+(?![\w@/_-]|[.:]\w)")
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|\{\w*\}")
SAID = frozenset(
    {"aria-label", "aria-description", "aria-roledescription", "title", "alt", "placeholder", "data-confirm", "data-busy"}
)
NO_WORDS = frozenset({"script", "style", "code", "kbd", "samp", "pre"})
VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})


class Said(HTMLParser):
    """Everything that a page says to somebody who sees or hears it: text, title, labels, descriptions, words of buttons."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self._silent: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        its = {name: value or "" for name, value in attrs}
        is_silent = tag in NO_WORDS or its.get("lang", "sv") != "sv" or bool(self._silent and self._silent[-1][1])
        if tag not in VOID:
            self._silent.append((tag, is_silent))
        if is_silent:
            return
        self.texts += [its[name] for name in SAID & its.keys()]
        if tag == "input" and its.get("type") in {"submit", "button", "reset"}:
            self.texts.append(its.get("value", ""))
        if tag == "meta" and its.get("name") == "description":
            self.texts.append(its.get("content", ""))

    def handle_endtag(self, tag: str) -> None:
        if any(open_tag == tag for open_tag, _ in self._silent):
            while self._silent.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not (self._silent and self._silent[-1][1]):
            self.texts.append(data)


def english_in(text: str) -> list[str]:
    """The telling words of a text, in order, each with what stands around it."""
    text = PLACEHOLDER.sub("", text)
    for name in ALLOWED:
        text = text.replace(name, "")
    return [
        f"{found[0]}: …{' '.join(text[max(found.start() - 30, 0) : found.end() + 30].split())}…"
        for found in WORD.finditer(text)
        if found[0].lower() in TELLING
    ]


def english_on(page: str) -> list[str]:
    """The telling words of a page or a part of one."""
    said = Said()
    said.feed(page)
    said.close()
    return [find for text in said.texts if text.strip() for find in english_in(text)]

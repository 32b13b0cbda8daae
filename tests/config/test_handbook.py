"""The handbook's pages: each answers, each link leads somewhere, each word of the portal is one, each picture is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urldefrag, urljoin

import pytest
from django.conf import settings
from django.urls import reverse

from config.handbook import pages
from config.lib.text import sort_key
from tests import addresses
from tests.client import GuardedClient

pytestmark = pytest.mark.django_db

ROOT = Path(settings.BASE_DIR)
TEXTS = ROOT / "templates" / "handbook" / "texts"
PICTURES = ROOT / "static" / "handbok"
GENERATED = [
    "/handbok/",
    "/handbok/sok/",
    *(part.url for part in pages.PARTS),
    "/handbok/falt/1/",
    "/handbok/falt/9/",
    "/handbok/falt/22/",
    "/handbok/falt/40/",
    "/handbok/kodlistor/aid/",
    "/handbok/kodlistor/lonesystem/",
]
ADDRESSES = [*GENERATED, *(page.url for page in pages.PAGES)]


class Reader(HTMLParser):
    """The links and the ids of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.ids: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if found.get("id"):
            self.ids.add(str(found["id"]))
        if tag == "a" and found.get("href"):
            self.links.add(str(found["href"]))


def main_of(html: str) -> str:
    """What stands between the masthead and the footer."""
    return html.split("<main", 1)[1].split("</main", 1)[0]


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_page_answers_and_is_named(client: GuardedClient, address: str) -> None:
    page = client.get(address).content.decode()
    assert "– Personalstatistik</title>" in page
    assert client.get("/handbok/finns-inte/").status_code == 404


def test_every_link_of_the_handbook_leads_to_a_page_and_a_place_on_it(client: GuardedClient) -> None:
    known: dict[str, Reader | None] = {}

    def read(address: str) -> Reader | None:
        if address not in known:
            answer = client.get(address)
            is_page = answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html")
            assert answer.status_code in (200, 302), address
            known[address] = Reader(main_of(answer.content.decode())) if is_page else None
        return known[address]

    for address in ADDRESSES:
        page = read(address)
        assert page is not None, address
        for link in page.links:
            target, place = urldefrag(urljoin(address, unescape(link)))
            if target.startswith(("http", "mailto")):
                continue
            there = read(target)
            assert not place or (there is not None and place in there.ids), f"{address} -> {link}"


def test_no_two_pages_have_the_same_address_or_name_and_every_text_is_a_page() -> None:
    slugs = [page.slug for page in pages.PAGES] + [part.slug for part in pages.PARTS]
    titles = [page.title for page in pages.PAGES]
    assert len(set(slugs)) == len(slugs)
    assert len(set(titles)) == len(titles)
    assert {path.name for path in TEXTS.glob("*.html")} == {Path(page.template).name for _, page in pages.text_pages()}


def test_a_text_is_short_and_its_headings_can_be_linked_to() -> None:
    for path in TEXTS.glob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) < 150, path.name
        assert re.findall(r"<(?:h2|h3|dt)>", text) == [], path.name


def test_the_words_stand_in_the_order_of_the_alphabet() -> None:
    words = re.findall(r"<dt id=[^>]*>([^<]*)</dt>", (TEXTS / "ordlista.html").read_text(encoding="utf-8"))
    assert words == sorted(words, key=sort_key)
    assert {"AID", "BEA", "Etikett", "Mättidpunkt", "Överenskommelse"} <= set(words)


# The words of the portal ----------------------------------------------------------------------------------------------

CODE = ("accounts", "config", "deferrals", "messaging", "profiles", "submissions")


def portal_words() -> str:
    """All that our pages say: the templates but the handbook's own, and the texts in the code."""
    paths = [*(ROOT / "templates").rglob("*.html"), *(path for app in CODE for path in (ROOT / app).rglob("*.py"))]
    others = [path for path in paths if not {"handbook", "migrations"} & set(path.relative_to(ROOT).parts)]
    return "\n".join(unescape(path.read_text(encoding="utf-8")) for path in others)


def quoted() -> Iterator[tuple[str, str]]:
    """What the texts put in <strong>: words of the portal, by page."""
    for path in sorted(TEXTS.glob("*.html")):
        for words in re.findall(r"<strong>(.*?)</strong>", path.read_text(encoding="utf-8")):
            yield path.name, unescape(words)


def is_said(words: str, said: str) -> bool:
    """Whether they stand alone in a page or a string: a button, a heading, a label."""
    return re.search(rf"[\"'>}}|]\s*{re.escape(words)}\s*[.:?]?[<\"'{{]", said) is not None


def test_every_word_of_the_portal_that_the_handbook_quotes_is_there() -> None:
    said = portal_words()
    assert [(page, words) for page, words in quoted() if not is_said(words, said)] == []
    assert not is_said("Tryck här genast", said)


def test_the_sign_up_says_the_words_of_the_manual_in_its_order(client: GuardedClient) -> None:
    page = re.sub(r"<[^>]+>", "", main_of(client.get("/handbok/skapa-konto/").content.decode()))
    place = 0
    for words in (
        "Har du fått en inbjudan eller har du glömt ditt lösenord?",
        "Skicka verifieringskod",
        "Verifieringskod",
        "Verifiera koden",
        "Fortsätt",
        "Microsoft Authenticator",
        "Verifierade id:n",
        "Skanna QR-kod",
        "Fortsätt",
        "Personalstatistik",
        "Engångskod",
        "Verifiera",
        "Nytt lösenord",
        "Bekräfta lösenord",
        "Fortsätt",
        "OK",
        "Inlämning",
        "Uppskov",
        "Profil &amp; enheter",
        "Meddelanden",
    ):
        place = page.find(words, place)
        assert place >= 0, words
        place += len(words)


# Pictures ------------------------------------------------------------------------------------------------------------


def test_every_picture_is_there_is_used_and_is_made_by_a_story() -> None:
    templates = [path.read_text(encoding="utf-8") for path in (ROOT / "templates").rglob("*.html")]
    used = {name for text in templates for name in re.findall(r'{% picture "([a-z0-9-]+)"', text)}
    there = {path.stem for path in PICTURES.iterdir()}
    stories = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "browser").glob("*.py"))
    made = set(re.findall(r'(?:picture|stop)\(\s*\w+,\s*"([a-z0-9-]+)"', stories))
    assert used == there
    assert used - made == set()


def test_a_picture_takes_its_place_before_it_comes_and_says_what_it_shows(client: GuardedClient) -> None:
    page = client.get("/handbok/skapa-konto/").content.decode()
    pictures = re.findall(r"<img[^>]*class=\"picture__image\"[^>]*>", page)
    assert len(pictures) == 9
    for one in pictures:
        assert re.search(r'alt="[^"]{10,}"', one)
        assert re.search(r'width="960" height="[1-9][0-9]{2,3}"', one)
        assert 'loading="lazy"' in one


# Help ----------------------------------------------------------------------------------------------------------------


def test_help_leads_from_pages_that_there_are() -> None:
    names = {route.name for route in addresses.routes()}
    assert set(pages.HELP) - names == set()
    assert len(pages.HELP) == sum(len(page.helps) for page in pages.PAGES)


@pytest.mark.parametrize(
    ("address", "slug"), [("start", "skapa-konto"), ("check_receipt", "klarmarkera"), ("privacy", "personuppgifter")]
)
def test_a_page_leads_to_its_own_help(client: GuardedClient, address: str, slug: str) -> None:
    page = client.get(reverse(address)).content.decode()
    assert f'<a href="/handbok/{slug}/">' in page
    assert 'class="help-link' not in client.get("/kontroller/").content.decode()

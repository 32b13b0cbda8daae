"""Which pages the handbook has, in their order, and which pages of the portal each of them explains.

A page of text is `templates/handbook/texts/<slug>.html`; the others are made from the year's settings by a view of their
own. The order is that of the side list and of "Föregående" and "Nästa".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse

TEXT = "handbook_page"


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its address, its name, one sentence, and the names of the portal's pages where "Hjälp" leads to it."""

    slug: str
    title: str
    lead: str
    helps: tuple[str, ...] = ()
    view: str = TEXT

    @property
    def url(self) -> str:
        """Where it is."""
        return reverse(self.view, args=[self.slug] if self.view == TEXT else [])

    @property
    def template(self) -> str:
        """Its text; only pages of text have one."""
        return f"handbook/texts/{self.slug.replace('-', '_')}.html"


@dataclass(frozen=True, slots=True)
class Group:
    """Pages that stand under one heading."""

    title: str
    pages: tuple[Page, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """What is written for one kind of reader."""

    slug: str
    title: str
    lead: str
    groups: tuple[Group, ...]

    @property
    def url(self) -> str:
        """Where its list of pages is."""
        return reverse(TEXT, args=[self.slug])

    @property
    def pages(self) -> tuple[Page, ...]:
        """All of its pages, in order."""
        return tuple(page for group in self.groups for page in group.pages)


SUBMITTERS = Part(
    "uppgiftslamnare",
    "Uppgiftslämnare",
    "Från inbjudan till kvittens, en sida för varje sak du ska göra.",
    (
        Group(
            "Kom igång",
            (
                Page(
                    "skapa-konto",
                    "Skapa konto och logga in",
                    "Du behöver en inbjudan, en dator och en mobiltelefon. Räkna med fem minuter.",
                    (
                        *("start", "accounts:start", "accounts:code", "accounts:verified", "accounts:qr"),
                        *("accounts:one_time_code", "accounts:new_password", "accounts:sign_in_code"),
                    ),
                ),
                Page(
                    "telefon-och-losenord",
                    "Ny telefon, tappad telefon, glömt lösenord",
                    "Så kommer du in igen, och så byter du telefon, lösenord och e-postadress.",
                    (
                        *("accounts:security", "accounts:new_phone", "accounts:change_password", "accounts:change_address"),
                        *("accounts:recovery_code", "accounts:sign_in_recovery_code", "accounts:challenge"),
                        *("accounts:new_codes", "accounts:current_password"),
                    ),
                ),
                Page(
                    "roller",
                    "Roller och kollegor",
                    "Vem som får göra vad i enheten, och hur man bjuder in, lämnar över och slutar.",
                    (
                        *("profiles:overview", "profiles:unit", "profiles:invite", "profiles:invite_many", "profiles:member"),
                        *("profiles:ask_access", "profiles:hand_over", "profiles:unit_facts", "profiles:confirm_people"),
                    ),
                ),
            ),
        ),
        Group(
            "Filen",
            (
                Page(
                    "ta-ut-filen",
                    "Ta ut filen ur lönesystemet",
                    "En rad för varje anställning, tagen efter novemberlönen.",
                    ("submissions:overview",),
                ),
                Page(
                    "testfil",
                    "Prova med en testfil",
                    "Få svar på filen i förväg, utan att något räknas.",
                ),
                Page(
                    "lamna-filen",
                    "Lämna filen",
                    "Välj fil och få svar direkt. En ny fil ersätter den förra.",
                    ("submissions:upload", "submissions:submission", "submissions:version"),
                ),
                Page(
                    "tecken",
                    "Å, ä och ö, och filer ur kalkylprogram",
                    "Hur portalen läser tecknen i filen, och vad ett kalkylprogram kan ha ändrat.",
                ),
            ),
        ),
        Group(
            "Granska",
            (
                Page(
                    "ratta-och-forklara",
                    "Rätta och förklara",
                    "Anmärkningar med samma orsak visas tillsammans. Ta dem som gäller flest rader först.",
                    ("submissions:review", "submissions:findings", "submissions:comment", "submissions:corrections"),
                ),
                Page(
                    "nasta-fil",
                    "Det som följer med till nästa fil",
                    "Lämnar ni en ny fil behöver ni inte göra om det ni redan har gjort.",
                    ("submissions:followed",),
                ),
                Page(
                    "tabeller",
                    "Se om siffrorna stämmer",
                    "Tabellerna bredvid förra årets, och vad som skiljer person för person.",
                    ("submissions:tables", "submissions:compare", "submissions:quality"),
                ),
                Page(
                    "rader",
                    "Sök bland raderna och hämta filer",
                    "Hitta en rad eller en person, och ta med resultatet till lönesystemet.",
                    ("submissions:rows", "submissions:row", "submissions:downloads"),
                ),
                Page(
                    "komplettera",
                    "Komplettera",
                    "Kodförteckningen, lönesystemet och det SKR har bett om därutöver.",
                    ("submissions:supplements",),
                ),
            ),
        ),
        Group(
            "Lämna in",
            (
                Page(
                    "klarmarkera",
                    "Klarmarkera och få kvittens",
                    "Filen är inlämnad först när ni har klarmarkerat.",
                    ("submissions:hand_in", "submissions:receipt", "check_receipt", "verify_receipt"),
                ),
                Page(
                    "andra-det-inlamnade",
                    "Ändra något som är inlämnat",
                    "Vad ni kan göra beror på hur långt SKR har kommit.",
                    ("submissions:ask_to_reopen",),
                ),
                Page(
                    "uppskov",
                    "Uppskov",
                    "Be om ett senare datum, eller om att inte lämna i år.",
                    ("deferrals:overview", "deferrals:unit", "deferrals:ask", "deferrals:ask_to_be_exempt"),
                ),
            ),
        ),
        Group(
            "Kontakt och uppgifter",
            (
                Page(
                    "meddelanden",
                    "Meddelanden",
                    "Här skriver enheten och SKR till varandra.",
                    ("messaging:overview", "messaging:thread", "messaging:new"),
                ),
                Page(
                    "personuppgifter",
                    "Personuppgifter: vem ser vad",
                    "Hur personnummer och rader skyddas, och hur ni ser vem som har tittat.",
                    ("profiles:insight", "privacy"),
                ),
                Page("ordlista", "Ord som används", "Korta förklaringar, i bokstavsordning."),
            ),
        ),
    ),
)

STAFF = Part(
    "skr",
    "SKR:s handläggare",
    "Skrivbordet hos SKR, efter det du ska göra.",
    (
        Group(
            "Varje dag",
            (
                Page(
                    "laget",
                    "Läget",
                    "Hur insamlingen går och vad som väntar på SKR.",
                    ("admin:index",),
                ),
                Page(
                    "granska-inlamning",
                    "Granska en inlämning",
                    "Från klarmarkerad till godkänd, eller tillbaka till enheten.",
                    ("admin:submissions_submission_changelist", "admin:submissions_submission_change"),
                ),
                Page(
                    "punkter",
                    "Punkter att se över",
                    "Säg exakt vad enheten ska se över när inlämningen går tillbaka.",
                    ("admin:submissions_submission_point",),
                ),
                Page(
                    "godta-forklaringar",
                    "Godta förklaringar",
                    "En förklaring som räcker behöver ingen läsa igen.",
                    ("admin:submissions_submission_group",),
                ),
                Page(
                    "dispens",
                    "Dispens",
                    "När en avvikelse är känd och enheten inte ska behöva förklara den.",
                    (
                        "admin:submissions_waiver_changelist",
                        "admin:submissions_waiver_change",
                        "admin:submissions_submission_waive",
                    ),
                ),
                Page(
                    "arenden",
                    "Ärenden och svar",
                    "Inkorgen, interna anteckningar, svarsmallar och frågor till många enheter.",
                    (
                        "admin:messaging_thread_changelist",
                        "admin:messaging_thread_change",
                        "admin:messaging_replytemplate_changelist",
                    ),
                ),
            ),
        ),
        Group(
            "Insamlingens gång",
            (
                Page(
                    "beslut-om-uppskov",
                    "Besluta om uppskov",
                    "Bevilja, avslå eller upphäva, och enheter som inte omfattas.",
                    (
                        "admin:deferrals_deferral_changelist",
                        "admin:deferrals_deferral_change",
                        "admin:deferrals_exemption_changelist",
                    ),
                ),
                Page(
                    "utskick",
                    "Utskick",
                    "Samma brev till många, med förhandsvisning och en kollegas godkännande.",
                    ("admin:deferrals_mailing_changelist", "admin:deferrals_mailing_change", "admin:deferrals_mailing_new"),
                ),
                Page(
                    "driftmeddelanden",
                    "Driftmeddelanden och kända fel",
                    "En rad överst på sidorna, och en lista över fel som alla bör känna till.",
                    (
                        *("admin:messaging_announcement_changelist", "admin:messaging_announcement_new"),
                        *("admin:messaging_knownissue_changelist", "admin:messaging_knownissue_new"),
                    ),
                ),
                Page(
                    "visa-som-enheten",
                    "Se portalen som enheten",
                    "För att kunna svara på frågan ”var trycker jag?”.",
                    ("admin:profiles_unit_changelist", "admin:profiles_unit_change", "admin:profiles_unit_view_as"),
                ),
                Page(
                    "fyra-ogon",
                    "Fyra ögon",
                    "Det som två personer ska ha sett, och spåret av vem som gjorde vad.",
                    ("admin:accounts_recoverycase_changelist", "admin:accounts_noticetext_changelist"),
                ),
            ),
        ),
        Group(
            "Året som data",
            (
                Page(
                    "nasta-ar",
                    "Lägg upp nästa år",
                    "Kalender, postbeskrivning, kodlistor och kontroller ändras av SKR, utan programmerare.",
                    (
                        *("admin:submissions_collection_changelist", "admin:submissions_collection_change"),
                        *("admin:submissions_layout_changelist", "admin:submissions_layout_change"),
                        *("admin:submissions_codelist_changelist", "admin:submissions_codelist_change"),
                        *("admin:submissions_checksetting_changelist", "admin:submissions_checksetting_change"),
                        *("admin:submissions_trial_changelist", "admin:submissions_trial_change"),
                    ),
                ),
                Page(
                    "export",
                    "Export till statistiken",
                    "Det godkända datasetet i versioner, med kontrollsummor.",
                    ("admin:submissions_collection_production",),
                ),
            ),
        ),
    ),
)

VENDORS = Part(
    "lonesystem",
    "Lönesystemleverantörer",
    "Allt som behövs för att bygga exporten, och för att prova den utan portalen.",
    (
        Group(
            "Bygg exporten",
            (
                Page("filformat", "Filformatet", "Teckenkodning, avgränsare, rubrikrad och flera filer."),
                Page(
                    "falt",
                    "Postbeskrivningen, fält för fält",
                    "Alla fält på en sida, och en sida för varje fält.",
                    view="handbook_fields",
                ),
                Page("kodlistor", "Kodlistor", "Årets koder, sökbara och som CSV.", view="handbook_code_lists"),
            ),
        ),
        Group(
            "Prova den",
            (
                Page("exempelfiler", "Exempelfiler", "En fil utan fel och en med fel, med påhittade personer."),
                Page("check-file", "Kontrollera en fil utan portalen", "Kommandot check_file, dess svar och dess slutkoder."),
            ),
        ),
    ),
)

PARTS = (SUBMITTERS, STAFF, VENDORS)
NEWS = Page("nytt-i-ar", "Nytt i år", "Vad som skiljer från förra årets insamling.", view="handbook_news")
KNOWN = Page(
    "kanda-fel", "Kända fel", "Det som inte fungerar som det ska just nu, och vad ni kan göra.", view="handbook_known_issues"
)
ALWAYS = (NEWS, KNOWN)  # they stand beside the parts

PART_BY_SLUG = {part.slug: part for part in PARTS}
PAGES: tuple[Page, ...] = (*(page for part in PARTS for page in part.pages), *ALWAYS)
TEXT_BY_SLUG = {page.slug: page for page in PAGES if page.view == TEXT}
BY_VIEW = {page.view: page for page in PAGES if page.view != TEXT}
HELP = {name: page for page in PAGES for name in page.helps}


def part_of(page: Page) -> Part | None:
    """The part that it stands in; None for what stands beside them."""
    return next((part for part in PARTS if page in part.pages), None)


def around(page: Page) -> tuple[Page | None, Page | None]:
    """The pages before and after it, in its part."""
    part = part_of(page)
    if part is None:
        return None, None
    place = part.pages.index(page)
    after = part.pages[place + 1 : place + 2]
    return (part.pages[place - 1] if place else None), (after[0] if after else None)


def text_pages() -> Iterator[tuple[Part, Page]]:
    """Every page of text with its part, in order."""
    yield from ((part, page) for part in PARTS for page in part.pages if page.view == TEXT)

"""Workplaces: which verksamhetskod a kind of place has and what its places may be called.

A name goes into field 6 and has at most 15 characters, as payroll systems cut it.
"""

from __future__ import annotations

from dataclasses import dataclass

from submissions.synthetic.chance import Chance

LONGEST_NAME = 15
ROWS_PER_PLACE = 24

_TREES = ("Eken", "Björken", "Lönnen", "Aspen", "Häggen", "Rönnen", "Lärkan", "Ärlan", "Åkern", "Ängen", "Älven", "Ön")

KINDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "administration": ("190", ("Kansliet", "Ekonomi", "Lön och HR", "Medborgarkontor", "Stadshuset", "Kommunhuset")),
    "anpassad skola": ("443", ("Björkskolan", "Åkerskolan", "Källskolan")),
    "arbetsmarknad": ("610", ("Arbetscentrum", "Återbruket", "Jobbtorget")),
    "assistans": ("514", ("Pers ass Öst", "Pers ass Väst", "Pers ass Norr", "Pers ass Söder")),
    "bad": ("340", ("Simhallen", "Äventyrsbadet")),
    "bibliotek": ("320", ("Huvudbibl", "Bibl Östra", "Bibl Åsen")),
    "bistånd": ("500", ("Bistånd äldre", "Bistånd LSS")),
    "bygg": ("263", ("Bygglov",)),
    "elevhälsa": ("469", ("Elevhälsan", "Elevhälsan Öst", "Elevhälsan Väst")),
    "fastighet": ("815", ("Fastighet Norr", "Fastighet Söder", "Driften")),
    "fritid": ("350", ("Fg Åsen", "Fg Navet", "Ungdomens hus")),
    "fritidshem": ("425", ("Fritids Ängen", "Fritids Åsen", "Fritids Kotten", "Fritids Ekorren")),
    "förskola": (
        "407",
        tuple(
            f"Fsk {name}"
            for name in (
                "Äppelgården", "Blåsippan", "Ekorren", "Näckrosen", "Smörblomman", "Solrosen", "Tallbacken", "Gläntan",
                "Björkdungen", "Trollskogen", "Vitsippan", "Myrstacken", "Ängslyckan", "Åkerbäret", "Östergården",
            )
        ),
    ),
    "grundskola": (
        "440",
        (
            "Ängsskolan", "Åsskolan", "Björkskolan", "Östra skolan", "Västra skolan", "Sörgårdsskolan", "Lärkskolan",
            "Kyrkskolan", "Höjdskolan", "Tallskolan", "Älvskolan", "Norra skolan", "Källskolan", "Hagaskolan",
        ),
    ),
    "gruppbostad": ("512", tuple(f"Gruppb {name}" for name in _TREES)),
    "gymnasium": ("450", ("Östergymnasiet", "Åsgymnasiet", "Yrkesgymnasiet")),
    "hemsjukvård": ("505", ("Hemsjukv Öst", "Hemsjukv Väst", "Hemsjukv Norr")),
    "hemtjänst": ("509", ("Hemtj Öster", "Hemtj Väster", "Hemtj Åsen", "Hemtj Centrum", "Nattpatrullen", "Hemtj Söder")),
    "ifo": ("569", ("IFO Barn", "IFO Vuxna", "IFO Mottagning")),
    "it": ("890", ("IT-enheten",)),
    "korttids": ("508", ("Korttids Ängen", "Korttids Åsen")),
    "kultur": ("315", ("Kulturkontoret",)),
    "kulturskola": ("330", ("Kulturskolan", "Musikskolan")),
    "kök": ("828", ("Kök Ängsskolan", "Kök Åsskolan", "Kök Solhöjden", "Centralköket", "Kök Östra", "Kök Björken")),
    "lokalvård": ("825", ("Lokalvård Norr", "Lokalvård Söder", "Lokalvård Öst")),
    "lss": ("513", ("LSS Ärtvägen", "LSS Åkervägen", "LSS Hagen", "LSS Älvgatan", "Boendestöd")),
    "miljö": ("261", ("Miljöenheten",)),
    "park": ("255", ("Park Öster", "Park Väster")),
    "plan": ("215", ("Planenheten",)),
    "rehab": ("506", ("Rehab Öst", "Rehab Väst")),
    "räddning": ("270", ("Station Norra", "Station Åsen", "Station Östra")),
    "teknik": ("249", ("Gata och trafik", "Projektenheten")),
    "va": ("860", ("VA-verket", "Reningsverket")),
    "vuxenutbildning": ("472", ("Komvux", "Sfi")),
    "äldreomsorg": (
        "510",
        tuple(
            f"Vbo {name}"
            for name in (
                "Solhöjden", "Ängsgården", "Björkbacken", "Åbrinken", "Lindgården", "Älvgläntan", "Ekbacken",
                "Furuhöjden", "Östergården", "Rosengården", "Kastanjen", "Häggbacken",
            )
        ),
    ),
    "öppna insatser": ("559", ("Familjecentral", "Öppenvården")),
    # Region; also health care on Gotland, which then bears verksamhetskod 590.
    "akut": ("590", ("Akuten", "Ambulansen", "IVA", "Akutvårdsavd")),
    "diagnostik": ("590", ("Röntgen", "Klin kemi", "Fyslab", "Mikrobiologi")),
    "folkhögskola": ("478", ("Folkhögskolan", "Åsa folkhögsk")),
    "kvinnoklinik": ("590", ("Kvinnokliniken", "Förlossningen", "BB")),
    "psykiatri": ("590", ("Vuxenpsyk Öst", "Vuxenpsyk Väst", "BUP Norr", "BUP Söder", "Rättspsyk", "Beroende")),
    "service": ("590", ("Regionservice", "Medicinsk tekn", "Fastighet", "Kost och städ", "IT-drift")),
    "sjukhus": (
        "590",
        (
            "Medicinkliniken", "Kirurgkliniken", "Ortopedi", "Barnkliniken", "Infektion", "Hjärtavd", "Lungavd",
            "Neurologi", "Ögonmottagning", "ÖNH", "Hud", "Geriatrik", "Operation", "Njurmottagning", "Onkologi",
        ),
    ),
    "stab": ("590", ("Regionkansliet", "Ekonomistaben", "HR-staben", "Vårdstaben")),
    "tandvård": ("590", ("Ftv Åsen", "Ftv Centrum", "Ftv Östra", "Ftv Älven", "Käkkirurgi")),
    "vårdcentral": ("590", tuple(f"VC {name}" for name in (*_TREES, "Söder", "Åsgatan", "Linden", "Hamnen", "Östra"))),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """One workplace: its number (field 4), name (field 6) and verksamhetskod (field 5)."""

    number: str
    name: str
    activity: str


def make_places(rows_by_kind: dict[str, int], chance: Chance) -> dict[str, list[Place]]:
    """Workplaces for each kind, about one for every 24 rows; numbers are unique in the unit."""
    places: dict[str, list[Place]] = {}
    number = 10
    for kind in sorted(rows_by_kind):
        activity, names = KINDS[kind]
        mixed = chance.shuffled(names)
        places[kind] = []
        for index in range(max(1, rows_by_kind[kind] // ROWS_PER_PLACE)):
            again = index // len(mixed)
            ending = f" {again + 1}" if again else ""
            name = mixed[index % len(mixed)][: LONGEST_NAME - len(ending)] + ending
            number += chance.between(1, 3)
            places[kind].append(Place(str(number), name, activity))
    return places

"""Codes in plain words: what is found, and what comes first."""

from __future__ import annotations

import pytest

from submissions.code_search import Entry, folded, search

ENTRIES = [
    Entry("101010", "Ledning, administration", "Ledningsarbete"),
    Entry("201010", "Läkare, specialistkompetent", "Läkare"),
    Entry("204010", "Röntgensjuksköterska", "Sjuksköterska"),
    Entry("207010", "Undersköterska, äldreomsorg", "Vård och omsorg"),
    Entry("207011", "Undersköterska, barn", "Vård och omsorg"),
    Entry("20", "Samlingskod"),
    Entry("A", "Annat"),
]


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("20", ["20", "201010", "204010", "207010", "207011"]),
        ("2070", ["207010", "207011"]),
        ("undersköterska", ["207010", "207011"]),
        ("UNDERSKOTERSKA barn", ["207011"]),
        ("barn undersk", ["207011"]),
        ("sköterska", ["204010", "207010", "207011"]),
        ("vård", ["207010", "207011"]),
        ("lakare", ["201010"]),
        ("undresköterska", ["207010", "207011"]),
        ("underskötersa", ["207010", "207011"]),
        ("rontgensjuksköterskka", ["204010"]),
        ("ledningen", []),
        ("a", ["A", "101010", "207010"]),
        ("xyz", []),
    ],
)
def test_words_and_numbers_find_codes_the_likeliest_first(query: str, codes: list[str]) -> None:
    found = [entry.code for entry in search(ENTRIES, query, limit=10)]
    assert found[: len(codes)] == codes
    assert codes or not found


def test_nothing_asked_gives_the_first_ones() -> None:
    assert search(ENTRIES, "  ", limit=2) == ENTRIES[:2]
    assert len(search(ENTRIES, "20", limit=3)) == 3


def test_folding_keeps_the_letters() -> None:
    assert folded("Förskollärare É Å") == "forskollarare e a"

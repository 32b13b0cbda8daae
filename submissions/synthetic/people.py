"""Invented people. Every personnummer has a birth number in 980-999, the series kept for tests: nobody living has one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from config.lib import personnummer
from submissions.synthetic.chance import Chance, Curve

LONGEST_NAME = 20
COORDINATION_FROM_ROWS, COORDINATION_SHARE = 1_000, 0.003

AGES: dict[str, Curve] = {
    "monthly": ((0, 20), (0.05, 25), (0.25, 35), (0.5, 46), (0.75, 55), (0.92, 62), (1, 67.9)),
    "hourly": ((0, 18.1), (0.25, 21), (0.5, 27), (0.75, 44), (0.9, 63), (1, 70)),
    "leader": ((0, 31), (0.25, 43), (0.5, 50), (0.75, 56), (1, 66)),
    "senior doctor": ((0, 37), (0.25, 44), (0.5, 51), (0.75, 59), (1, 68)),
    "young doctor": ((0, 25), (0.25, 28), (0.5, 31), (0.75, 35), (1, 48)),
}
"""How old people are at the measurement day, by kind of employment."""

_WOMEN = (
    "Åsa", "Anna", "Maria", "Eva", "Karin", "Sara", "Lena", "Emma", "Kristina", "Birgitta", "Marie", "Jenny", "Hanna",
    "Ingrid", "Linnéa", "Malin", "Annika", "Elin", "Ebba", "Amina", "Fatima", "Zeynep", "Märta", "Göta", "Åse", "Ylva",
    "Sofia", "Ulrika", "Helena", "Camilla", "Pia", "Monica", "Johanna", "Ida", "Frida", "Moa", "Alva", "Leyla", "Mirjam",
)  # fmt: skip
_MEN = (
    "Åke", "Lars", "Mikael", "Anders", "Johan", "Erik", "Per", "Karl", "Jan", "Peter", "Daniel", "Fredrik", "Göran",
    "Björn", "Sören", "Håkan", "Mats", "Oskar", "Viktor", "Elias", "Ali", "Hassan", "Ömer", "Jörgen", "Östen", "Nils",
)  # fmt: skip
_FAMILIES = (
    "Åkerlund", "Äppelkvist", "Östergren", "Björklund", "Sjöström", "Lindgärde", "Hägerås", "Ekmark", "Nyströmer",
    "Granhed", "Wallström", "Bergåsen", "Fjällsten", "Rönnlöf", "Söderqvist", "Kjellgård", "Strandmark", "Öhrnberg",
    "Ängsholm", "Lövhage", "Tallåker", "Holmsjö", "Stenbrink", "Dahlgärd", "Vikingås", "Haddadi", "Yildirim", "Nowakow",
    "Mårtensdal", "Sandhöjd", "Almlöf", "Ågrenius", "Isberget", "Kvarnlöv", "Blomåker", "Grönsten", "Näslöf", "Pålhem",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Person:
    """One invented person: number in ten digits, name as field 8 has it, age in years at the measurement day."""

    number: str
    name: str
    age: float


class Registry:
    """Gives out people, each number once."""

    def __init__(self, chance: Chance, measurement_day: date, rows: int) -> None:
        self._chance = chance
        self._today = measurement_day.toordinal()
        self._given: dict[tuple[int, bool], int] = {}
        self._coordination_left = rows // 200 if rows >= COORDINATION_FROM_ROWS else 0

    def make(self, ages: str, women: float) -> Person:
        """A new person: her age from the curve of that name, a woman by that share."""
        chance = self._chance
        age = chance.on(AGES[ages])
        is_woman = chance.roll() < women
        is_coordination = chance.roll() < COORDINATION_SHARE and self._coordination_left > 0
        self._coordination_left -= is_coordination
        day = self._today - int(age * 365.25)
        while (taken := self._given.get((day, is_woman), 0)) == 10:  # ten women and ten men a day in the test series
            day -= 1
        self._given[day, is_woman] = taken + 1
        birth_number = 980 + 2 * ((taken + day) % 10) + (not is_woman)
        digits = personnummer.build(date.fromordinal(day), birth_number, is_coordination=is_coordination)
        name = f"{chance.pick(_FAMILIES)} {chance.pick(_WOMEN if is_woman else _MEN)}"
        return Person(digits, name[:LONGEST_NAME], age)

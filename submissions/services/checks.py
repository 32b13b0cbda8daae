"""Change a check's settings of one year: level, threshold, on or off, dates and texts.

How a check works is code; when it bites and what it says is data. Values travel as plain JSON (`values_of`), so that a
trial can keep them until they are switched on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.db import transaction

from accounts.access import NotAllowed
from accounts.models import User
from submissions import builtin, checking, thresholds
from submissions.models import CheckSetting
from submissions.services import settings
from submissions.services.review import refuse_personnummer
from submissions.services.settings import CHANGED_MEANWHILE, Changes, Kind, Refused
from submissions.spec import CheckSpec

Level = CheckSetting.Level
LABELS = {
    "level": "Nivå",
    "enabled": "På",
    "threshold": "Tröskelvärden",
    "threshold_text": "Tröskeln i ord",
    "valid_from": "Gäller från och med",
    "valid_until": "Gäller till och med",
    "title": "Rubrik",
    "message": "Text",
    "advice": "Gör så här",
    "why": "Varför",
    "mend": "I lönesystemet",
    "answers": "Färdiga svar",
}
JUDGING = ("level", "enabled", "threshold", "valid_from", "valid_until")
TEXTS = {"title": 120, "message": 300, "advice": 600, "why": 600, "mend": 600}
ONLY_IN_MESSAGE = ("title", "advice", "why", "mend", "answers")
MOST_ANSWERS, ANSWER_LENGTH = 8, 200
FIXED = frozenset({"FIL01", "FIL02", "FIL03"})  # the file cannot be read: nothing to lower or turn off
NOT_TRIED = FIXED | {"KOM02"}  # said when the file is read, or when the unit hands in

Values = dict[str, Any]


def values_of(check: CheckSpec | CheckSetting) -> Values:
    """What can be changed of a check, as plain values that JSON can hold."""
    return {
        "level": str(check.level),
        "enabled": check.enabled,
        "threshold": {name: _plain(value) for name, value in check.threshold.items()},
        "threshold_text": check.threshold_text,
        "valid_from": check.valid_from.isoformat() if check.valid_from else None,
        "valid_until": check.valid_until.isoformat() if check.valid_until else None,
        "title": check.title,
        "message": check.message,
        "advice": check.advice,
        "why": check.why,
        "mend": check.mend,
        "answers": list(check.answers),
    }


def _plain(value: float) -> float:
    return int(value) if value == int(value) else value


def differences(code: str, old: Values, new: Values) -> Changes:
    """What the second has otherwise than the first, in words."""
    return [
        settings.changed(label, shown(code, name, old[name]), shown(code, name, new[name]))
        for name, label in LABELS.items()
        if old[name] != new[name]
    ]


def shown(code: str, name: str, value: Any) -> str:
    """A value of a check's settings in words."""
    if name == "level":
        return str(Level(value).label)
    if name == "enabled":
        return "ja" if value else "nej"
    if name == "threshold":
        return thresholds.in_words(code, value) or "–"
    if name == "answers":
        return " | ".join(value) or "–"
    return str(value or "–")


def is_judging(old: Values, new: Values) -> bool:
    """Whether files are judged in another way by the second than by the first."""
    return any(old[name] != new[name] for name in JUDGING)


def places_of(code: str) -> frozenset[str]:
    """The words in braces that the check's message may have: those of the shipped message."""
    shipped = builtin.collection_spec(builtin.LATEST).checks.get(code)
    return frozenset(checking.messages.PLACEHOLDER.findall(shipped.message)) if shipped else frozenset()


def last_years(setting: CheckSetting) -> CheckSetting | None:
    """The same check's settings in the collection before."""
    before = CheckSetting.objects.filter(code=setting.code, collection__year__lt=setting.collection.year)
    return before.select_related("collection").order_by("-collection__year", "pk").first()


def shipped(code: str) -> CheckSpec | None:
    """The check as the product comes with it."""
    return builtin.collection_spec(builtin.LATEST).checks.get(code)


# Change --------------------------------------------------------------------------------------------------------------


def check_values(setting: CheckSetting, values: Values) -> None:
    """Raise `Refused` with the field's name where the check cannot be so."""
    old = values_of(setting)
    if setting.code in FIXED and is_judging(old, values):
        raise Refused("Kontrollen görs när filen läses, så bara dess texter kan ändras.", "level")
    if values["level"] not in Level.values:
        raise Refused("Välj en nivå i listan.", "level")
    _check_threshold(setting.code, old, values)
    first, last = values["valid_from"], values["valid_until"]
    if first and last and last < first:
        raise Refused("Sista dagen kan inte ligga före den första.", "valid_until")
    _check_texts(setting.code, values)


def _check_threshold(code: str, old: Values, values: Values) -> None:
    if set(values["threshold"]) != set(old["threshold"]):
        raise Refused("Kontrollen har andra tröskelvärden. Ladda om sidan.", "")
    found = thresholds.fault(code, values["threshold"])
    if found:
        raise Refused(found[1], f"threshold_{found[0]}")
    if values["threshold"] != old["threshold"] and values["threshold_text"] == old["threshold_text"]:
        raise Refused("Skriv om tröskeln i ord också, så att sidan om kontrollen stämmer.", "threshold_text")


def _check_texts(code: str, values: Values) -> None:
    if not values["message"].strip():
        raise Refused("Skriv texten som enheterna läser.", "message")
    if not values["threshold_text"].strip():
        raise Refused("Skriv tröskeln i ord, eller ett streck där ingen finns.", "threshold_text")
    unknown = set(checking.messages.PLACEHOLDER.findall(values["message"])) - places_of(code)
    if unknown:
        raise Refused(f"{_braced(unknown)} går inte att fylla i. {_known(code)}", "message")
    for name in ONLY_IN_MESSAGE:
        text = " ".join(values[name]) if name == "answers" else values[name]
        if "{" in text or "}" in text:
            raise Refused("Här fylls ingenting i: skriv utan klamrar.", name)
    for name, longest in {**TEXTS, "threshold_text": 160}.items():
        if len(values[name]) > longest:
            raise Refused(f"Skriv högst {longest} tecken.", name)
    if len(values["answers"]) > MOST_ANSWERS or any(len(answer) > ANSWER_LENGTH for answer in values["answers"]):
        raise Refused(f"Skriv högst {MOST_ANSWERS} svar, ett på varje rad, med högst {ANSWER_LENGTH} tecken vart.", "answers")
    for name in (*TEXTS, "threshold_text", "answers"):
        _refuse_numbers(name, " ".join(values[name]) if name == "answers" else values[name])


def _refuse_numbers(name: str, text: str) -> None:
    try:
        refuse_personnummer(text)
    except NotAllowed as refusal:
        raise Refused(refusal.reason, name) from None


def _braced(names: frozenset[str] | set[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(names))


def _known(code: str) -> str:
    places = places_of(code)
    return f"De här går: {_braced(places)}." if places else "Den här texten har inget som fylls i."


@transaction.atomic
def change_check(*, setting: CheckSetting, values: Values, why: str, seen: int, by: User, at: datetime) -> bool:
    """Give the check other settings; whether anything changed. `seen` is the check's latest change as the page showed it.

    Files that units still work with are checked again by a job; what is handed in stays as it was judged.
    Raises `Refused` and `NotAllowed`.
    """
    settings.check_may_change(by)
    collection = settings.locked(setting.collection)
    current = CheckSetting.objects.select_for_update(of=("self",)).get(pk=setting.pk)
    old = values_of(current)
    if old == values:
        return False
    if seen != latest_change(current):
        raise NotAllowed(CHANGED_MEANWHILE)
    check_values(current, values)
    said = settings.clean_why(why)
    CheckSetting.objects.filter(pk=current.pk).update(**as_columns(values))
    settings.note(
        Kind.CHECK,
        current.code,
        collection=collection,
        changes=differences(current.code, old, values),
        why=said,
        is_judging=is_judging(old, values),
        by=by,
        at=at,
    )
    return True


def as_columns(values: Values) -> Values:
    """The values as the model keeps them."""
    dates = {name: date.fromisoformat(values[name]) if values[name] else None for name in ("valid_from", "valid_until")}
    return {**{name: values[name] for name in LABELS}, **dates}


def latest_change(setting: CheckSetting) -> int:
    """The key of the check's latest change, 0 where there is none."""
    found = settings.history(Kind.CHECK, setting.code, setting.collection).values_list("pk", flat=True).first()
    return found or 0


def with_values(spec: CheckSpec, values: Mapping[str, Any]) -> CheckSpec:
    """The check as it would be with the values."""
    columns = as_columns(dict(values))
    return replace(spec, **{**columns, "answers": tuple(columns["answers"])})


def copy_of_last_year(setting: CheckSetting) -> Values | None:
    """The values of the collection before, None where there is none or they are the same."""
    before = last_years(setting)
    if before is None or values_of(before) == values_of(setting):
        return None
    return values_of(before)

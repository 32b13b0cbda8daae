"""docs/sakerhet.md says what the code does: its numbers are those of accounts/limits.py, and what it points at is there."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from accounts import limits
from accounts.limits import totp_wait
from accounts.passwords import CONTEXT_WORDS
from config.local import asvs

TEXT = asvs.DOCUMENT.read_text(encoding="utf-8")
WRITTEN = TEXT.partition("<!-- asvs: skrivs")[0]  # by hand
ROWS = dict(re.findall(r"^\| ([^|]+?) \| (.+) \|$", WRITTEN, re.MULTILINE))
FOUND, _ = asvs.read_requirements([])
ATTACKS = [
    f"{letter}{number}" for letter, last in zip("ABCDEF", (18, 12, 10, 10, 9, 26), strict=True) for number in range(1, last + 1)
]


def minutes(time: timedelta) -> int:
    return int(time.total_seconds() // 60)


def hours(time: timedelta) -> int:
    return int(time.total_seconds() // 3600)


@pytest.mark.asvs("2.1.3", "5.1.1", "6.1.1", "7.1.1", "7.1.2", "8.1.3", "8.1.4")
@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("koden i e-post", f"{limits.CODE_DIGITS} siffror, gäller {minutes(limits.CODE_LIFETIME)} minuter, {limits.CODE_ATTEMPTS} försök"),
        ("begära kod", f"var {limits.SEND_INTERVAL.seconds}:e sekund; "
         f"{limits.SENDS_PER_ADDRESS[0][0]} i timmen och {limits.SENDS_PER_ADDRESS[1][0]} om dygnet"),
        ("felaktiga koder per adress", f"{limits.WRONG_CODES_PER_ADDRESS[0][0]} i timmen, "
         f"{limits.WRONG_CODES_PER_ADDRESS[1][0]} om dygnet; efter {limits.WRONG_CODES_SINCE_SUCCESS[0]} "),
        ("från samma nät", f"{limits.SENDS_PER_NETWORK[0]} koder och {limits.CHECKS_PER_NETWORK[0]} kontroller i timmen"),
        ("hela portalen", f"{limits.ALARM_SENDS[0]} koder i timmen, {limits.ALARM_WRONG_CODES[0]} felaktiga koder i timmen eller "
         f"{limits.ALARM_FAILED_SIGN_INS[0]} misslyckade inloggningar på {minutes(limits.ALARM_FAILED_SIGN_INS[1])} minuter; "
         f"formulären måste då vara {limits.ALARM_FORM_AGE.seconds} sekunder gamla"),
        ("fel engångskod", f"växer till {totp_wait(99)} sekunder; brev efter {limits.TOTP_MAIL_AT}; stängt efter {limits.TOTP_CLOSED_AT}"),
        ("fel lösenord från okänd webbläsare", f"{limits.PASSWORD_FREE_TRIES} fria försök"),
        ("fel lösenord från okänd webbläsare", f"stängt efter {limits.PASSWORD_CLOSED_AT}"),
        ("fel lösenord från ägarens webbläsare",
         f"{limits.PASSWORD_PER_DEVICE[0]} på {minutes(limits.PASSWORD_PER_DEVICE[1])} minuter"),
        ("återställningskoder", f"{limits.RECOVERY_CODES} stycken, var och en gäller en gång; {limits.RECOVERY_CODE_TRIES[0]} försök i timmen"),
        ("inbjudan", f"gäller {limits.INVITATION_LIFETIME.days} dagar; skickas om högst {limits.INVITATION_RESENDS} gånger, med minst "
         f"{hours(limits.INVITATION_RESEND_INTERVAL)} timme emellan, sammanlagt {limits.INVITATION_TOTAL.days} dagar"),
        ("inloggning utan användning", f"{minutes(limits.SESSION_IDLE)} minuter; SKR {minutes(limits.STAFF_SESSION_IDLE)} minuter"),
        ("inloggning i alla fall", f"{hours(limits.SESSION_ABSOLUTE)} timmar; SKR {hours(limits.STAFF_SESSION_ABSOLUTE)} timmar"),
        ("samtidiga inloggningar", f"{limits.SESSIONS_AT_ONCE}; SKR {limits.STAFF_SESSIONS_AT_ONCE}"),
        ("förnyad kontroll", f"gäller {minutes(limits.STEP_UP)} minuter"),
        ("fil", f"{limits.UPLOAD_BYTES // 1_000_000} MB; {limits.UPLOADS_PER_UNIT_AND_DAY} filer och "
         f"{limits.UPLOAD_BYTES_PER_UNIT_AND_DAY // 1_000_000} MB per enhet och dygn; {limits.CHECK_TIME.seconds} sekunder"),
        ("komplettering", f"{limits.SUPPLEMENT_BYTES // 1_000_000} MB; {limits.SUPPLEMENTS_PER_UNIT_AND_DAY} filer per enhet och dygn"),
        ("uttag", f"{limits.EXPORTS_PER_USER[0]} i timmen"),
    ],
)  # fmt: skip
def test_a_limit_in_the_document_is_the_one_in_the_code(what: str, says: str) -> None:
    assert says in ROWS[what]


@pytest.mark.asvs("6.1.2")
def test_the_list_of_words_that_the_document_names_is_there() -> None:
    assert "`CONTEXT_WORDS` i `accounts/passwords.py`" in WRITTEN
    assert {"skr", "kommun", "region", "personalstatistik", "insamling"} <= CONTEXT_WORDS


@pytest.mark.asvs("3.1.1")
def test_what_the_browser_must_manage_is_written() -> None:
    part = WRITTEN.partition("### Webbläsaren\n")[2].partition("\n### ")[0]
    assert all(word in part for word in ("https", "kakor", "HSTS", "CSP", "utan skript"))


def test_every_deviation_is_in_the_register_and_every_row_of_it_names_a_requirement() -> None:
    register = {name: row for name, row in ROWS.items() if re.fullmatch(r"D-\d+", name)}
    assert list(register) == [f"D-{number}" for number in range(1, len(register) + 1)]
    for found in FOUND:
        if found.how == "deviation":
            assert found.number in register[found.where].partition(" | ")[0], found.number
    numbers = {found.number for found in FOUND}
    for name, row in register.items():
        assert set(re.findall(r"\d+\.\d+\.\d+", row.partition(" | ")[0])) & numbers, name
    assert {found.where for found in FOUND if found.how == "deviation"} | {"D-4", "D-11"} == set(register)


def test_every_assumption_and_every_attack_is_there() -> None:
    assert [name for name in ROWS if re.fullmatch(r"A-\d+", name)] == [f"A-{number}" for number in range(1, 14)]
    assert [name for name in ROWS if re.fullmatch(r"[A-F]\d+", name)] == ATTACKS


def test_every_acceptance_test_and_requirement_that_is_named_exists() -> None:
    known = set(asvs.read_acceptance())
    named = {f"{series}-{number}" for series, number in re.findall(rf"\b({'|'.join(asvs.SERIES)})-(\d\d)\b", WRITTEN)}
    assert len(named) > 80
    assert named <= known
    attacks = [row for name, row in ROWS.items() if name in ATTACKS]
    assert all(re.search(r"[A-Z]+-\d\d$", row) for row in attacks)


def test_what_is_shown_only_at_deployment_is_said() -> None:
    part = WRITTEN.partition("## Visas först vid driftsättning\n")[2].partition("\n## ")[0]
    late = {ident for ident, row in asvs.read_acceptance().items() if row["when"]}
    assert late == {"DRIFT-04", "DRIFT-10", "WEB-03", "ADM-07"}
    assert all(ident in part for ident in late)
    assert [found.number for found in FOUND if found.how == "deployment" and found.number not in part] == []


def test_every_module_and_document_that_is_named_is_there() -> None:
    named = {path for found in FOUND for path in re.findall(r"[\w.-]+(?:/[\w.-]+)*\.(?:py|md|html|txt)\b", found.where)}
    named |= set(re.findall(r"`([\w.-]+/[\w./-]+)`", WRITTEN))
    assert len(named) > 40
    assert [path for path in sorted(named) if path != "manage.py" and not (asvs.paths.BASE / path).exists()] == []

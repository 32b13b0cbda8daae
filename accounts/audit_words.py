"""The codes of the audit trail in Swedish words, for the pages that show it."""

from __future__ import annotations

AREAS = {
    "account": "Konto och inloggning",
    "invitation": "Inbjudan",
    "access": "Behörighet",
    "recovery": "Återställning",
    "file": "Filer",
    "data": "Uppgifter",
    "submission": "Inlämning",
    "deferral": "Uppskov",
    "message": "Meddelanden",
    "operation": "Drift",
}

_THINGS = {
    "account:code": "Verifieringskod",
    "account:journey": "Registrering",
    "account:totp": "Autentiseringsapp",
    "account:password": "Lösenord",
    "account:recovery_code": "Återställningskod",
    "account:sign_in": "Inloggning",
    "account:step_up": "Förnyad kontroll",
    "account:session": "Session",
    "account:email": "E-postadress",
    "account:notice": "Information om personuppgifter",
    "account:user": "Konto",
    "invitation": "Inbjudan",
    "access": "Behörighet",
    "recovery": "Återställning",
    "data": "Uppgifter",
    "file": "Fil",
    "operation": "Drift",
    "submission": "Inlämning",
    "deferral": "Uppskov",
    "message": "Meddelande",
    "thread": "Ärende",
    "collection": "Insamling",
    "unit": "Enhet",
}

_OUTCOMES = {
    "requested": "begärd",
    "sent": "skickad",
    "wrong": "fel",
    "right": "rätt",
    "blocked": "spärrad",
    "rejected": "avvisad",
    "aborted": "avbruten",
    "completed": "klar",
    "registered": "registrerad",
    "replayed": "återanvänd kod",
    "revoked": "återkallad",
    "set": "satt",
    "changed": "ändrad",
    "created": "skapad",
    "used": "använd",
    "succeeded": "lyckades",
    "failed": "misslyckades",
    "new_client": "ny webbläsare",
    "ended": "avslutad",
    "all_ended": "alla avslutade",
    "change_requested": "byte begärt",
    "accepted": "godkänd",
    "suspended": "avstängt",
    "restored": "återställt",
    "paused": "pausad",
    "denied": "nekad",
    "opened": "öppnad",
    "approved": "godkänd",
    "cancelled": "avbruten",
    "read": "lästa",
    "exported": "exporterade",
    "deleted": "raderade",
    "uploaded": "uppladdad",
    "infected": "smittad",
    "key": "nyckel",
    "configuration": "inställning",
    "alarm": "larm",
    "granted": "beviljat",
    "declined": "avslaget",
    "withdrawn": "återtagen",
    "returned": "återlämnad",
    "handed_in": "klarmarkerad",
    "closed": "avslutad",
}


def words(code: str) -> str:
    """ "account:sign_in:succeeded" as "Inloggning: lyckades"; a code without words stays as it is."""
    thing, _, outcome = code.rpartition(":")
    if thing in _THINGS and outcome in _OUTCOMES:
        return f"{_THINGS[thing]}: {_OUTCOMES[outcome]}"
    return code

"""The codes of the audit trail in Swedish words, for the pages that show it."""

from __future__ import annotations

AREAS = {
    "account": "Konto och inloggning",
    "invitation": "Inbjudan",
    "access": "Behörighet",
    "recovery": "Återställning",
    "submission": "Inlämning",
    "file": "Filer",
    "data": "Uppgifter",
    "deferral": "Uppskov",
    "thread": "Ärenden",
    "message": "Meddelanden",
    "operation": "Drift",
}

WORDS = {
    "account:code:requested": "Verifieringskod begärd",
    "account:code:sent": "Verifieringskod skickad",
    "account:code:wrong": "Fel verifieringskod",
    "account:code:right": "Rätt verifieringskod",
    "account:code:blocked": "Verifieringskod spärrad",
    "account:journey:rejected": "Registrering avvisad",
    "account:journey:aborted": "Registrering avbruten",
    "account:journey:completed": "Registrering klar",
    "account:totp:registered": "Autentiseringsapp registrerad",
    "account:totp:right": "Rätt engångskod",
    "account:totp:wrong": "Fel engångskod",
    "account:totp:replayed": "Engångskod använd en gång till",
    "account:totp:blocked": "Engångskod spärrad",
    "account:totp:revoked": "Autentiseringsapp återkallad",
    "account:password:set": "Lösenord valt",
    "account:password:changed": "Lösenord ändrat",
    "account:password:wrong": "Fel lösenord",
    "account:recovery_code:created": "Återställningskoder skapade",
    "account:recovery_code:used": "Återställningskod använd",
    "account:sign_in:succeeded": "Inloggning",
    "account:sign_in:failed": "Misslyckad inloggning",
    "account:sign_in:new_client": "Inloggning från ny webbläsare",
    "account:step_up:succeeded": "Förnyad kontroll klarad",
    "account:step_up:failed": "Förnyad kontroll misslyckad",
    "account:session:ended": "Utloggning",
    "account:session:all_ended": "Alla inloggningar avslutade",
    "account:email:change_requested": "Byte av e-post begärt",
    "account:email:changed": "E-post ändrad",
    "account:notice:accepted": "Information om personuppgifter läst",
    "account:user:suspended": "Konto avstängt",
    "account:user:restored": "Konto öppnat igen",
    "invitation:created": "Inbjudan skapad",
    "invitation:sent": "Inbjudan skickad igen",
    "invitation:revoked": "Inbjudan återkallad",
    "invitation:accepted": "Inbjudan accepterad",
    "invitation:paused": "Inbjudan pausad",
    "access:changed": "Behörighet ändrad",
    "access:denied": "Åtkomst nekad",
    "recovery:opened": "Återställningsärende öppnat",
    "recovery:approved": "Återställningsärende godkänt",
    "recovery:cancelled": "Återställningsärende avbrutet",
    "recovery:used": "Återställningsärende använt",
    "data:read": "Uppgifter lästa",
    "data:exported": "Uppgifter exporterade",
    "data:changed": "Uppgifter ändrade",
    "data:deleted": "Uppgifter raderade",
    "file:uploaded": "Fil uppladdad",
    "file:rejected": "Fil avvisad",
    "file:infected": "Fil med skadlig kod",
    "submission:moved": "Inlämning ändrade status",
    "submission:due_date": "Sista dag ändrad",
    "deferral:requested": "Uppskov begärt",
    "deferral:withdrawn": "Begäran om uppskov återtagen",
    "deferral:granted": "Uppskov beviljat",
    "deferral:declined": "Uppskov avslaget",
    "thread:opened": "Ärende startat",
    "thread:closed": "Ärende avslutat",
    "message:sent": "Meddelande skickat",
    "operation:key": "Nyckel ändrad",
    "operation:configuration": "Inställning ändrad",
    "operation:alarm": "Larm",
}

RESULTS = {
    "sent": "skickad",
    "withheld": "inte skickad",
    "wait": "måste vänta",
    "closed": "stängd",
    "broken": "går inte att öppna",
    "replayed": "använd förut",
    "enrolment": "vid registreringen",
    "totp_failures": "för många fel engångskoder",
    "password": "fel lösenord",
    "sign_out": "loggade ut",
    "idle": "inte använd på en stund",
    "age": "för gammal",
    "too_many": "för många samtidigt",
    "enrol": "nytt konto",
    "reset": "nytt lösenord",
    "added": "tillagd",
    "invited": "inbjuden",
    "revoked": "återkallad",
    "ended": "avslutad",
}


def result_words(result: str) -> str:
    """The outcome in words; what is not one of our own marks stays as it is."""
    return RESULTS.get(result, result)


def words(code: str) -> str:
    """ "account:sign_in:failed" is "Misslyckad inloggning"; a code without words stays as it is."""
    return WORDS.get(code, code)

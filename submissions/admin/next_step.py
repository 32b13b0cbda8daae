"""The one thing that SKR can do next with a submission, said at the top of its page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from config.lib.text import amount
from submissions.models import Submission

Status = Submission.Status
TO_SKR = {  # the unit reads states.MEANINGS
    Status.NOT_STARTED: "Enheten har inte lämnat någon fil än.",
    Status.RECEIVED: "Filen är mottagen och kontrolleras.",
    Status.UNDER_REVIEW: "Enheten går igenom anmärkningarna.",
    Status.HANDED_IN: "Enheten har klarmarkerat. SKR kan börja granska.",
    Status.SKR_REVIEW: "SKR granskar uppgifterna.",
    Status.RETURNED: "Enheten ser över uppgifterna.",
    Status.APPROVED: "SKR har godkänt uppgifterna.",
    Status.LOCKED: "Årets insamling är avslutad och uppgifterna är låsta.",
}


@dataclass(frozen=True, slots=True)
class Step:
    """What to do, and the button: a form's address (`post`) or a link (`href`). Neither where SKR waits."""

    text: str
    more: str = ""
    button: str = ""
    post: str = ""
    href: str = ""
    confirm: str = ""

    @property
    def tone(self) -> str:
        """The card's edge: SKR has something to do, or not."""
        return "brand" if self.button else ""


def step_of(submission: Submission, *, may_review: bool, asks_to_reopen: bool, points: int = 0, urls: Mapping[str, str]) -> Step:
    """The next step of a submission in its state.

    `points` are those collected for the unit to look at again, `urls` the steps' addresses by name.
    """
    status = Status(submission.status)
    if submission.exempt_at is not None:
        return Step("Enheten lämnar ingen fil i år.", "Inget att göra här.")
    if not may_review:
        return Step(TO_SKR[status])
    if asks_to_reopen and status == Status.APPROVED:
        ask = f"Öppna {submission} igen? Det som är godkänt gäller tills enheten har klarmarkerat på nytt."
        return Step(
            "Svara på enhetens begäran.",
            "Skälet står ovan. Öppna igen, eller avslå med ett svar.",
            "Öppna igen",
            post=urls["open_again"],
            confirm=ask,
        )
    if status == Status.HANDED_IN:
        return Step(TO_SKR[status], "Då kan enheten inte längre ta tillbaka den.", "Börja granska", post=urls["begin_review"])
    if status == Status.SKR_REVIEW and points:
        told = f"Du har noterat {amount(points, 'punkt', 'punkter')} att se över."
        return Step(
            told,
            "Skicka tillbaka när allt är noterat. Enheten får alla på en gång.",
            "Skicka tillbaka",
            href="?oppna=aterlamna#aterlamna",
        )
    if status == Status.SKR_REVIEW:
        more = "Gå igenom anmärkningar och tabeller. Godkänn, eller skicka tillbaka med vad som ska ses över."
        return Step(TO_SKR[status], more, "Godkänn", post=urls["approve"], confirm=f"Godkänn {submission}?")
    return Step(TO_SKR[status], "Inget att göra för SKR just nu.")

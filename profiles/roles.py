"""What each role at a unit may do, in the words of the pages that let people choose one."""

from __future__ import annotations

from profiles.models import Membership

MAY = (
    (Membership.Role.READER, "Ser enhetens inlämning, uppskov och meddelanden."),
    (
        Membership.Role.SUBMITTER,
        "Ser allt, och laddar upp filer, rättar, förklarar, klarmarkerar, begär uppskov och skriver meddelanden.",
    ),
    (Membership.Role.CONTACT, "Gör allt som en uppgiftslämnare gör, och bjuder in, ändrar och avslutar personer i enheten."),
)
HELPS = {role.value: text for role, text in MAY}
ROLES = [{"label": role.label, "text": text} for role, text in MAY]

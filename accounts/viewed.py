"""What a person at SKR sees the portal as, for a while: a role at one unit. A value; `accounts.viewing` begins and ends it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Viewing:
    """SKR's person reads one unit's pages with that role's eyes. She stays herself, and her own rights rest meanwhile."""

    unit_id: int
    unit_code: str
    unit_name: str
    role: str  # of profiles.Membership.Role
    role_name: str
    purpose: str
    since: datetime
    back: str  # where she began

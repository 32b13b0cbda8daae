"""Swedish sentences about days."""

from __future__ import annotations


def days_until(days: int) -> str:
    """'7 dagar kvar', 'sista dagen i dag', '2 dagar försenad' for days left (negative: passed)."""
    if days == 0:
        return "sista dagen är i dag"
    if days > 0:
        return "1 dag kvar" if days == 1 else f"{days} dagar kvar"
    return "1 dag försenad" if days == -1 else f"{-days} dagar försenad"

"""SKR's side of Uppskov: requests for a later date, and decisions that a unit is not part of the year."""

from deferrals.admin.deferral import DeferralAdmin
from deferrals.admin.exemption import ExemptionAdmin

__all__ = ["DeferralAdmin", "ExemptionAdmin"]

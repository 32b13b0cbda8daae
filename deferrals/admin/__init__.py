"""SKR's side of Uppskov: requests for a later date, decisions that a unit is not part of the year, mailings and mergers."""

from deferrals.admin.deferral import DeferralAdmin
from deferrals.admin.exemption import ExemptionAdmin
from deferrals.admin.letters import MailTextAdmin
from deferrals.admin.mailing import MailingAdmin
from deferrals.admin.mergers import MergerAdmin

__all__ = ["DeferralAdmin", "ExemptionAdmin", "MailTextAdmin", "MailingAdmin", "MergerAdmin"]

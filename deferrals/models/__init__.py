"""Uppskov, reminders, and what SKR does for many units at once."""

from deferrals.models.mailing import Mailing, MailingLine
from deferrals.models.reminder import ReminderSent
from deferrals.models.requests import Deferral, Exemption, UnitRequest, UnitRequestQuerySet

__all__ = ["Deferral", "Exemption", "Mailing", "MailingLine", "ReminderSent", "UnitRequest", "UnitRequestQuerySet"]

"""Who you are: users, invitations, the sign-up journey, second factor, sessions, throttles and the audit trail."""

from accounts.models.audit import AuditEvent, AuditLink, AuditOrigin
from accounts.models.changes import AddressChange, DeviceSwap
from accounts.models.draft import Draft
from accounts.models.invitation import Invitation
from accounts.models.journey import EmailCode, SignUpJourney
from accounts.models.notice import NoticeAcceptance, NoticeText
from accounts.models.recovery import RecoveryBatch, RecoveryCase, RecoveryCode
from accounts.models.second_factor import TotpDevice
from accounts.models.session import Session
from accounts.models.throttle import RateLimit
from accounts.models.user import MailNotices, User

__all__ = [
    "AddressChange",
    "AuditEvent",
    "AuditLink",
    "AuditOrigin",
    "DeviceSwap",
    "Draft",
    "EmailCode",
    "Invitation",
    "MailNotices",
    "NoticeAcceptance",
    "NoticeText",
    "RateLimit",
    "RecoveryBatch",
    "RecoveryCase",
    "RecoveryCode",
    "Session",
    "SignUpJourney",
    "TotpDevice",
    "User",
]

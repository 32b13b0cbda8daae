"""SKR's roles and what each may do in the admin. Unit roles live in `profiles` (architecture, "Roles")."""

from __future__ import annotations

from django.db.models import TextChoices


class StaffRole(TextChoices):
    """A person at SKR has one of these; everybody else has none."""

    OFFICER = "officer", "Handläggare"
    COORDINATOR = "coordinator", "Samordnare"
    STATISTICIAN = "statistician", "Statistiker"
    SYSTEM = "system", "Systemadministratör"


_REVIEW = frozenset(
    {
        "profiles.view_unit",
        "profiles.view_membership",
        "profiles.view_as_unit",
        "profiles.view_unitmerger",
        "profiles.view_unitnote",
        "profiles.add_unitnote",
        "messaging.view_thread",
        "messaging.answer_thread",
        "messaging.view_replytemplate",
        "submissions.view_collection",
        "submissions.view_submission",
        "submissions.view_waiver",
        "submissions.review_submission",
        "submissions.view_rows",
        "submissions.reveal_personnummer",
        "deferrals.view_deferral",
        "deferrals.view_exemption",
    }
)
_EXPORT = frozenset({"submissions.export_rows"})
_REFERENCE = frozenset(
    {"submissions.view_layout", "submissions.view_codelist", "submissions.view_checksetting", "submissions.view_trial"}
)
_PRODUCTION = frozenset({"submissions.export_collection", "submissions.export_identified"})
_CALENDAR = frozenset({"submissions.change_calendar"})
_KNOWN_ISSUES = frozenset({"messaging.view_knownissue", "messaging.change_knownissue"})

PERMISSIONS: dict[str, frozenset[str]] = {
    StaffRole.OFFICER: _REVIEW | _REFERENCE | _EXPORT,
    StaffRole.COORDINATOR: _REVIEW
    | _REFERENCE
    | _CALENDAR
    | _KNOWN_ISSUES
    | {
        "deferrals.decide_deferral",
        "messaging.view_announcement",
        "messaging.change_announcement",
        "messaging.view_mailtext",
        "messaging.change_mailtext",
        "deferrals.view_mailing",
        "deferrals.send_mailing",
        "submissions.set_deferral_rules",
        "accounts.view_noticetext",
        "accounts.change_noticetext",
        "accounts.approve_noticetext",
        "accounts.view_user",
        "accounts.view_invitation",
        "accounts.view_recoverycase",
        "accounts.open_recovery_case",
        "accounts.approve_recovery_case",
        "profiles.invite_membership",
        "profiles.change_unit",
        "profiles.add_unitmerger",
        "profiles.change_unitrelation",
    },
    StaffRole.STATISTICIAN: _REVIEW
    | _REFERENCE
    | _EXPORT
    | _PRODUCTION
    | _CALENDAR
    | _KNOWN_ISSUES
    | {"submissions.change_settings"},
    StaffRole.SYSTEM: _KNOWN_ISSUES
    | frozenset(
        {
            "accounts.view_user",
            "accounts.view_invitation",
            "accounts.view_recoverycase",
            "accounts.approve_recovery_case",
            "accounts.view_noticetext",
            "accounts.approve_noticetext",
            "accounts.view_auditevent",
            "accounts.change_user_status",
            "accounts.end_sessions",
            "profiles.view_unit",
            "profiles.view_membership",
            "messaging.view_outgoingmail",
            "messaging.view_announcement",
            "messaging.change_announcement",
            "submissions.view_collection",
        }
    ),
}

"""SKR's pages about submissions and about the year's settings."""

from submissions.admin.reference import CheckSettingAdmin, CodeListAdmin, CollectionAdmin, LayoutAdmin, TrialAdmin
from submissions.admin.submission import SubmissionAdmin

__all__ = ["CheckSettingAdmin", "CodeListAdmin", "CollectionAdmin", "LayoutAdmin", "SubmissionAdmin", "TrialAdmin"]

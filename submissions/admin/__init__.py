"""SKR's pages about submissions and about the year's settings."""

from submissions.admin.reference import CheckSettingAdmin, CodeListAdmin, CollectionAdmin, LayoutAdmin, TrialAdmin
from submissions.admin.submission import SubmissionAdmin
from submissions.admin.waivers import WaiverAdmin

__all__ = ["CheckSettingAdmin", "CodeListAdmin", "CollectionAdmin", "LayoutAdmin", "SubmissionAdmin", "TrialAdmin", "WaiverAdmin"]

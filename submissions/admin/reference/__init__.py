"""The year's settings: calendar, layout, code lists and checks, and the trials of what is to be changed."""

from submissions.admin.reference.checks import CheckSettingAdmin
from submissions.admin.reference.code_lists import CodeListAdmin
from submissions.admin.reference.collections import CollectionAdmin
from submissions.admin.reference.layouts import LayoutAdmin
from submissions.admin.reference.trials import TrialAdmin

__all__ = ["CheckSettingAdmin", "CodeListAdmin", "CollectionAdmin", "LayoutAdmin", "TrialAdmin"]

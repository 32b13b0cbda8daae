"""SKR's pages about units, persons, invitations and recovery cases. Passwords and second factors are nowhere."""

from profiles.admin import invitations, people, recovery, units

__all__ = ["invitations", "people", "recovery", "units"]

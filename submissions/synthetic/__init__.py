"""Synthetic deliveries: a November file that looks like a payroll system's, for tests, trials and the demo.

Nobody in them lives: every personnummer is in the series that Skatteverket keeps for tests, names are invented. The
same arguments give the same bytes on every machine. Pure: knows neither database nor web, and no check is asked.
"""

from __future__ import annotations

from submissions.synthetic.defects import Planted
from submissions.synthetic.file import ENCODING, delivery, planted, position_list
from submissions.synthetic.units import Unit, UnknownUnit, known_units

__all__ = ["ENCODING", "Planted", "Unit", "UnknownUnit", "delivery", "known_units", "planted", "position_list"]

"""The production settings, but for one refusal of the start, and with a view that does nothing (bench/urls.py).

A trial's database is reached through a socket instead of TLS.
"""

import os
from pathlib import Path

from config.settings import *  # noqa: F403
from config.settings import SILENCED_SYSTEM_CHECKS as SILENCED

SILENCED_SYSTEM_CHECKS = [*SILENCED, "portal.E033", "portal.E032"]  # E032 refuses that anything more is silenced
ROOT_URLCONF = "bench.urls"

if "TRIAL_CLOCK" in os.environ:
    from bench.clock import follow

    follow(Path(os.environ["TRIAL_CLOCK"]))

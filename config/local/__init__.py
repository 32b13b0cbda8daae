"""The portal on one machine: embedded PostgreSQL, keys and processes of bin/run, bin/test and manage.py.

Never part of production, which gives DATABASE_URL and the keys itself. Knows nothing of Django but its command line.
"""

from config.local.installation import attach

__all__ = ["attach"]

"""Every number of the sign-up, sign-in, sessions and uploads (security note, section 4), once."""

from __future__ import annotations

from datetime import timedelta

CODE_DIGITS = 6
CODE_LIFETIME = timedelta(minutes=10)
CODE_ATTEMPTS = 5
CODES_PER_JOURNEY = 5  # the first and four new ones
SEND_INTERVAL = timedelta(seconds=60)
SENDS_PER_ADDRESS = ((5, timedelta(hours=1)), (10, timedelta(hours=24)))
WRONG_CODES_PER_ADDRESS = ((10, timedelta(hours=1)), (20, timedelta(hours=24)))
WRONG_CODES_SINCE_SUCCESS = (50, timedelta(days=90))
PAUSED_LANE_MAIL = timedelta(hours=24)
KNOWN_NETWORK = timedelta(days=90)
SENDS_PER_NETWORK = (100, timedelta(hours=1))
CHECKS_PER_NETWORK = (300, timedelta(hours=1))

JOURNEY_LIFETIME = timedelta(minutes=60)
JOURNEY_AFTER_VERIFIED = timedelta(minutes=30)
JOURNEY_TOTP_FAILURES = 5
JOURNEY_KEPT = timedelta(hours=24)
ORIGIN_KEPT = timedelta(days=90)  # addresses and browsers of the audit trail

TOTP_CLOSED_AT = 100
TOTP_MAIL_AT = 5
_TOTP_WAITS = (0, 0, 0, 8, 16, 32, 64, 128, 256, 512)


def totp_wait(failures: int) -> int:
    """Seconds to wait after so many wrong codes in a row: 0, 0, 0, 8, 16 … 512, then 900."""
    if failures == 0:
        return 0
    return _TOTP_WAITS[failures - 1] if failures <= len(_TOTP_WAITS) else 900


PASSWORD_FREE_TRIES = 5
PASSWORD_CLOSED_AT = 100
PASSWORD_PER_DEVICE = (10, timedelta(minutes=15))
PASSWORD_MIN, PASSWORD_MAX = 8, 128
STEP_UP = timedelta(minutes=10)  # how long password and one-time code count as freshly given
STEP_UP_TRIES = (5, timedelta(minutes=15))  # of one session, which the fifth wrong one ends
SIGN_IN_STEP = timedelta(seconds=300)  # from the password to the one-time code
DEVICE_COOKIE = timedelta(days=180)

RECOVERY_CODES, RECOVERY_CODE_CHARACTERS = 8, 16  # base32: 80 bits each
RECOVERY_CODE_TRIES = (5, timedelta(hours=1))
RECOVERY_BATCH = timedelta(minutes=30)  # from showing the codes until one is typed back
DEVICE_SWAP = timedelta(minutes=30)  # from the new phone's QR code until its first code
CASE_TOTP_VALID = timedelta(hours=24)
CASE_BOTH_WAIT, CASE_BOTH_VALID = timedelta(hours=24), timedelta(hours=24)
CASE_BOTH_APPROVAL = timedelta(days=7)  # how long a case waits for the second person

INVITATION_LIFETIME = timedelta(days=14)
INVITATION_TOTAL = timedelta(days=30)
INVITATION_RESENDS = 3
INVITATION_RESEND_INTERVAL = timedelta(hours=1)
BULK_MAILS = (60, timedelta(minutes=1))  # how fast mails to many at once are handed over
PEOPLE_CONFIRMED = timedelta(days=300)  # how long a unit's yearly review of its people counts

SESSION_IDLE, SESSION_ABSOLUTE, SESSIONS_AT_ONCE = timedelta(minutes=30), timedelta(hours=8), 3
STAFF_SESSION_IDLE, STAFF_SESSION_ABSOLUTE, STAFF_SESSIONS_AT_ONCE = timedelta(minutes=15), timedelta(hours=4), 1
SESSION_WARNING = timedelta(minutes=5)  # before the end
DRAFT_KEPT = timedelta(hours=24)
DRAFTS_PER_USER, DRAFT_CHARACTERS = 20, 50_000
DORMANT, DORMANT_WARNING = timedelta(days=400), timedelta(days=30)  # without a sign-in; the warning that long before
RESTORED_GRACE = timedelta(days=30)  # a dormant account that SKR has opened again waits so long for its owner
IDLE_STAMP = timedelta(seconds=60)

ALARM_SENDS = (1_000, timedelta(hours=1))  # of the whole portal
ALARM_WRONG_CODES = (200, timedelta(hours=1))
ALARM_FAILED_SIGN_INS = (1_000, timedelta(minutes=5))
ALARM_LASTS = timedelta(hours=1)  # from when it is raised
ALARM_FORM_AGE = timedelta(seconds=20)

EXPORTS_PER_USER = (20, timedelta(hours=1))
PRODUCTION_KEPT = timedelta(days=7)  # the zip of a production data set, which can be made again
LIST_ROWS = 100_000  # of a list of the admin as a file
TEST_FILES_KEPT = REJECTED_FILES_KEPT = timedelta(days=30)  # retention: assumption A-11
ANSWERS_KEPT = timedelta(days=365)  # answered requests for a role, and handovers
CONTACTS_KEPT = timedelta(days=730)  # who was the unit's contact before
UNIT_NOTES_KEPT = timedelta(days=730)  # from when it was last written; one that is pinned stays
COMMENT_DRAFTS_KEPT = MESSAGE_DRAFTS_KEPT = timedelta(days=30)
MESSAGE_DRAFTS_PER_USER = 50
MAILING_DRAFTS_KEPT = timedelta(days=30)
MAILINGS_KEPT = timedelta(days=365)  # with the addresses of those who got them
THREADS_KEPT = timedelta(days=730)  # from the last message of a matter; it goes whole
VIEWING = timedelta(minutes=30)  # somebody at SKR sees the portal as a unit does
FILES_KEPT = timedelta(days=365)  # from the day the submission is locked
ROWS_KEPT = timedelta(days=730)  # the last accepted rows, for the comparison
UPLOAD_BYTES = 100_000_000
CHECK_TIME = timedelta(seconds=60)  # for reading and checking one delivery
CHECK_ATTEMPTS = 3
UPLOADS_PER_UNIT_AND_DAY = 50
UPLOAD_BYTES_PER_UNIT_AND_DAY = 500_000_000
SUPPLEMENT_BYTES = 10_000_000
SUPPLEMENTS_PER_UNIT_AND_DAY = 50
ATTACHMENT_BYTES, ATTACHMENTS_PER_MESSAGE, ATTACHMENT_BYTES_PER_MESSAGE = 10_000_000, 5, 25_000_000
ATTACHMENTS_PER_UNIT_AND_DAY = 50  # of each side

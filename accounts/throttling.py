"""Counters of attempts: reserve first, compare afterwards. Each call is one statement in its own transaction.

`take` counts in a fixed window; `take_with_waits` counts a row of failures with growing waits. Keys are keyed digests of
kind, lane and value, so no address is stored. Nothing here knows what is being counted (security note, section 4).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from accounts import limits
from accounts.models import RateLimit
from config.lib import crypto

KEPT = timedelta(hours=24)
IN_A_ROW_KEPT = timedelta(days=90)

_TAKE = """
INSERT INTO accounts_ratelimit AS row (key, count, window_start, expires_at) VALUES (%(key)s, 1, %(at)s, %(at)s + %(kept)s)
ON CONFLICT (key) DO UPDATE SET
    count = CASE WHEN row.window_start + %(window)s <= %(at)s THEN 1 ELSE LEAST(row.count + 1, %(limit)s + 1) END,
    window_start = CASE WHEN row.window_start + %(window)s <= %(at)s THEN %(at)s ELSE row.window_start END,
    expires_at = %(at)s + %(kept)s
RETURNING count
"""

# count is the failures in a row, window_start the last one; after n of them the next must wait 2^(n-3) s, at most 900
_TAKE_WITH_WAITS = """
INSERT INTO accounts_ratelimit AS row (key, count, window_start, expires_at) VALUES (%(key)s, 1, %(at)s, %(at)s + %(kept)s)
ON CONFLICT (key) DO UPDATE SET count = row.count + 1, window_start = %(at)s, expires_at = %(at)s + %(kept)s
WHERE row.count < %(closed_at)s AND (row.count < %(free)s
    OR row.window_start + make_interval(secs => LEAST(900, power(2, LEAST(row.count, 20) - %(free)s + 2))) <= %(at)s)
RETURNING count
"""


def key_of(kind: str, value: object, *, lane: str = "") -> str:
    """The row's key."""
    return crypto.digest("bucket", kind, lane, value)


def keys_of(kind: str, value: object, limits_: Iterable[tuple[int, timedelta]], *, lane: str = "") -> list[str]:
    """The rows' keys of a counter with several windows."""
    return [key_of(f"{kind}/{window}", value, lane=lane) for _, window in limits_]


def take(kind: str, value: object, limit: int, window: timedelta, *, lane: str = "", at: datetime) -> bool:
    """Count one attempt in the window; False when the window already held `limit`. Committed when this returns."""
    values: dict[str, Any] = {
        "key": key_of(kind, value, lane=lane),
        "at": at,
        "window": window,
        "limit": limit,
        "kept": max(window, KEPT),
    }
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(_TAKE, values)
        return bool(cursor.fetchone()[0] <= limit)


def take_all(kind: str, value: object, limits_: Iterable[tuple[int, timedelta]], *, lane: str = "", at: datetime) -> bool:
    """`take` in each of several windows, always all of them; True when every one had room."""
    rooms = [take(f"{kind}/{window}", value, limit, window, lane=lane, at=at) for limit, window in limits_]
    return all(rooms)


def take_with_waits(kind: str, value: object, *, lane: str = "", at: datetime) -> bool:
    """Count one try in a row of failures; False during its wait and once it is closed. `clear` after a success."""
    values: dict[str, Any] = {
        "key": key_of(kind, value, lane=lane),
        "at": at,
        "kept": IN_A_ROW_KEPT,
        "free": limits.PASSWORD_FREE_TRIES,
        "closed_at": limits.PASSWORD_CLOSED_AT,
    }
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(_TAKE_WITH_WAITS, values)
        return cursor.fetchone() is not None


def is_full(kind: str, value: object, limit: int, *, lane: str = "", at: datetime) -> bool:
    """Whether a counter without a window stands at `limit` or more. Reads only."""
    row = RateLimit.objects.filter(key=key_of(kind, value, lane=lane), expires_at__gt=at).values_list("count", flat=True)
    return (row.first() or 0) >= limit


def is_running(keys: Iterable[str], window: timedelta, *, at: datetime) -> bool:
    """Whether the window of any of these counters has begun and is not over. Reads only, one statement."""
    return RateLimit.objects.filter(key__in=list(keys), window_start__gt=at - window).exists()


def clear(*keys: str) -> None:
    """Forget these counters, in the caller's transaction."""
    RateLimit.objects.filter(key__in=keys).delete()

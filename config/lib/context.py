"""Who is asking: request id, address and browser of the request that is being answered, for audit events and logs.

And what one page asks for more than once: `remember`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Origin:
    """The request's own id, the client's address (after the trusted proxies) and its browser family."""

    request_id: str = ""
    address: str = ""
    client: str = ""


_current: ContextVar[Origin | None] = ContextVar("origin", default=None)
_kept: ContextVar[dict[Hashable, Any] | None] = ContextVar("kept", default=None)


def current() -> Origin:
    """The origin of the running request; an empty one in commands and jobs."""
    return _current.get() or Origin()


def set_origin(origin: Origin | None) -> None:
    """Set or clear the origin; only the middleware and tests call this."""
    _current.set(origin)


def keep_answers(*, keep: bool) -> None:
    """Whether `remember` keeps what it makes: while a request that only reads is answered. Only the middleware calls this."""
    _kept.set({} if keep else None)


def remember(key: Hashable, make: Callable[[], T]) -> T:
    """What `make` gives, made once for the whole of a request that only reads.

    A request that may change something, a command and a job make it anew each time: what they decide by is never old.
    """
    kept = _kept.get()
    if kept is None:
        return make()
    if key not in kept:
        kept[key] = make()
    answer: T = kept[key]
    return answer


def is_remembering() -> bool:
    """Whether a request that only reads is being answered, so that `remember` keeps what it makes."""
    return _kept.get() is not None


def browser_family(user_agent: str) -> str:
    """'Edge på Windows' from a User-Agent header: coarse on purpose, enough to recognise one's own browser."""
    families = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
    systems = (
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Mac OS", "Mac"),
        ("Linux", "Linux"),
    )
    family = next((name for mark, name in families if mark in user_agent), "Okänd webbläsare")
    system = next((name for mark, name in systems if mark in user_agent), "")
    return f"{family} på {system}" if system else family

"""What the model of the sign-up remembers: accounts, cases, codes, walks and browsers. Times are seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf

HOUR, DAY = 3600, 86_400


@dataclass
class Case:
    """SKR's decision about a lost phone ("totp") or both factors ("both"); it opens a door from `start` to `end`."""

    kind: str
    start: float = inf
    end: float = inf

    def is_open(self, now: float) -> bool:
        """Whether it opens it now."""
        return self.start <= now < self.end


@dataclass
class Account:
    """A user's row as far as it decides anything."""

    invited: bool = False
    suspended: bool = False
    password: str = ""
    has_device: bool = False
    last_step: int = 0
    failures: int = 0
    failed_at: float = 0
    epoch: int = 0
    has_accepted: bool = False
    holder: str = ""  # whose phone and password they are
    case: Case | None = None
    recovery_codes: set[int] = field(default_factory=set)
    burnt_at: float = -inf

    def branch(self, now: float) -> str:
        """Where a proved address leads."""
        case = self.case.kind if self.case and self.case.is_open(now) else ""
        if self.suspended:
            return ""
        if case == "both":
            return "enrol"
        if self.password:
            return "reset" if self.has_device else "reenrol" if case == "totp" else ""
        return "enrol" if self.invited else ""


@dataclass
class Code:
    """A mailed code; its value is its number in the order of mailing."""

    value: int
    sent_at: float
    tries: int = 0


@dataclass
class Walk:
    """A journey."""

    number: int
    email: str
    lane: str
    created_at: float
    state: str = "code"
    branch: str = ""
    verified_at: float = 0
    codes: list[Code] = field(default_factory=list)
    failures: int = 0
    phone_step: int = 0

    def is_too_old(self, now: float) -> bool:
        """60 minutes, or 30 after the address was proved."""
        return now > self.created_at + HOUR or bool(self.verified_at and now > self.verified_at + HOUR / 2)


@dataclass
class Browser:
    """What a browser and its session hold."""

    walk: Walk | None = None
    sent_at: float = -inf
    cookie: tuple[str, int] = ("", -1)
    user: str = ""
    user_epoch: int = 0
    seen_at: float = 0
    since: float = 0

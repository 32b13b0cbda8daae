"""The sign-up and sign-in as plain Python: what the portal must answer, without database, HTTP or cryptography.

Three actors with a browser each. The *owner* reads her own mail and has the phones and recovery codes of her accounts; the
*thief* reads all mail; the *outsider* knows addresses only. Each method is one request of an actor and gives the address
that the portal should lead to, or something that SKR's people do. Times are seconds. Nothing here is shared with the code under test but the numbers' meaning.
"""

from __future__ import annotations

from math import inf

from tests.model.rows import DAY, HOUR, Account, Browser, Case, Code, Walk

START, OVER, SOON = "/konto/", "/konto/?besked=borja-om", "/konto/?besked=vanta"
WAITS = (0, 0, 0, 8, 16, 32, 64, 128, 256, 512)
HOME = {
    "code": "/konto/kod/",
    "verified": "/konto/verifierad/",
    "current_password": "/konto/nuvarande-losenord/",
    "enrol": "/konto/qr/",
    "challenge": "/konto/kontroll/",
    "new_password": "/konto/losenord/",
}


class Portal:
    """All of it. `now` is moved by the test."""

    def __init__(self, now: float, accounts: dict[str, Account]) -> None:
        self.now = now
        self.accounts = accounts
        self.browsers = {actor: Browser() for actor in ("owner", "thief", "outsider")}
        self.windows: dict[tuple[str, ...], tuple[int, float]] = {}
        self.rows: dict[str, tuple[int, float]] = {}
        self.known: set[tuple[str, str]] = set()
        self.walks = 0
        self.mails: list[tuple[str, int]] = []  # delivered codes: address, value
        self.codes = 0
        self.compared: dict[tuple[str, str], list[float]] = {}

    # Requests --------------------------------------------------------------------------------------------------------

    def ask(self, actor: str, email: str) -> str:
        """Skicka verifieringskod."""
        browser = self.browsers[actor]
        if barred := self._visit(actor):
            return barred
        lane = "known" if (actor, email) in self.known else "strange"
        if not self._may_send(browser, email, lane):
            return SOON
        self.walks += 1
        browser.walk = Walk(self.walks, email, lane, self.now)
        self._mail(browser)
        return HOME["code"]

    def again(self, actor: str, number: int) -> str:
        """Skicka ny kod."""
        browser = self.browsers[actor]
        if barred := self._step(actor, number, "code"):
            return barred
        assert browser.walk is not None
        too_soon = "/konto/kod/?besked=vanta"
        if not self._may_send(browser, browser.walk.email, browser.walk.lane) or len(browser.walk.codes) >= 5:
            return too_soon
        self._mail(browser)
        return "/konto/kod/?besked=ny-kod"

    def code(self, actor: str, number: int, value: int) -> str:
        """Verifiera koden."""
        if barred := self._step(actor, number, "code"):
            return barred
        walk = self.browsers[actor].walk
        assert walk is not None
        wrong, code, account = "/konto/kod/?besked=fel", walk.codes[-1], self.accounts.get(walk.email)
        if code.tries >= 5:
            return wrong
        code.tries += 1
        hour = self._take(("wrong", walk.email, walk.lane, "hour"), 10, HOUR)
        if not self._take(("wrong", walk.email, walk.lane, "day"), 20, DAY) or not hour:
            return wrong
        self.compared.setdefault((walk.email, walk.lane), []).append(self.now)
        if value != code.value or self.now > code.sent_at + 600 or account is None:
            return wrong
        if not account.branch(self.now):
            return wrong
        walk.state, walk.branch, walk.verified_at = "verified", account.branch(self.now), self.now
        return HOME["verified"]

    def go_on(self, actor: str, number: int) -> str:
        """Fortsätt on the page that says the address is proved."""
        if barred := self._step(actor, number, "verified"):
            return barred
        walk = self.browsers[actor].walk
        assert walk is not None
        walk.state = {"enrol": "enrol", "reset": "challenge", "reenrol": "current_password"}[walk.branch]
        return HOME[walk.state]

    def enrol(self, actor: str, number: int, *, is_right: bool) -> str:
        """Verifiera, with the new app."""
        if barred := self._step(actor, number, "enrol"):
            return barred
        walk = self.browsers[actor].walk
        assert walk is not None
        if is_right:
            walk.state, walk.phone_step = "new_password", int(self.now // 30)
            return self._commit_app(actor, walk) if walk.branch == "reenrol" else HOME["new_password"]
        return self._failed(self.browsers[actor], walk, "/konto/engangskod/?besked=wrong")

    def challenge(self, actor: str, number: int, *, is_right: bool) -> str:
        """Verifiera, with the app that the account has."""
        if barred := self._step(actor, number, "challenge"):
            return barred
        walk = self.browsers[actor].walk
        assert walk is not None
        outcome = self._totp(self.accounts[walk.email], is_right=is_right)
        if outcome == "right":
            walk.state = "new_password"
            return HOME["new_password"]
        if outcome == "wait":
            return "/konto/kontroll/?besked=wait"
        return self._failed(self.browsers[actor], walk, "/konto/kontroll/?besked=wrong")

    def current_password(self, actor: str, number: int, password: str) -> str:
        """Fortsätt, with the password that the account has: the first of its two factors."""
        if barred := self._step(actor, number, "current_password"):
            return barred
        walk = self.browsers[actor].walk
        assert walk is not None
        outcome = self._password(actor, walk.email, password)
        if outcome == "right":
            walk.state = "enrol"
            return HOME["enrol"]
        return f"{HOME['current_password']}?besked={'vanta' if outcome == 'wait' else 'fel'}"

    def recover(self, actor: str, number: int, code: int) -> str:
        """Fortsätt, with a recovery code in the app's place."""
        if barred := self._step(actor, number, "challenge"):
            return barred
        walk = self.browsers[actor].walk
        assert walk is not None
        account = self.accounts[walk.email]
        if not self._take(("recovery", walk.email), 5, HOUR) or code not in account.recovery_codes:
            return "/konto/kontroll/aterstallningskod/?besked=fel"
        account.recovery_codes.remove(code)
        walk.state, account.burnt_at = "new_password", self.now
        return HOME["new_password"]

    def password(self, actor: str, number: int, password: str) -> str:
        """Fortsätt on the password page: the commit."""
        if barred := self._step(actor, number, "new_password"):
            return barred
        walk = self.browsers[actor].walk
        assert walk is not None
        account, after = self.accounts[walk.email], "/"
        if walk.branch == "enrol":
            self._new_device(actor, account, walk)
            if account.case and account.case.is_open(self.now):
                account.case, account.recovery_codes, account.burnt_at = None, set(), -inf
        elif account.burnt_at >= walk.verified_at:
            after = "/konto/inloggning/ny-telefon/"
        account.password, account.invited = password, False
        self.rows.pop(walk.email, None)
        self._end_all(walk.email)
        self._enter(actor, walk.email)
        return after

    def _commit_app(self, actor: str, walk: Walk) -> str:
        account = self.accounts[walk.email]
        self._new_device(actor, account, walk)
        account.case = None
        self._end_all(walk.email)
        self._enter(actor, walk.email)
        return "/"

    def _new_device(self, actor: str, account: Account, walk: Walk) -> None:
        account.has_device, account.last_step, account.failures, account.holder = True, walk.phone_step, 0, actor

    def accept(self, actor: str) -> str:
        """OK under the privacy notice."""
        self._age(actor)
        browser = self.browsers[actor]
        if browser.user:
            self.accounts[browser.user].has_accepted = True
        return "/"

    def sign_in(self, actor: str, email: str, password: str, *, is_right: bool) -> str:
        """Logga in, and Verifiera where the password was right."""
        if barred := self._visit(actor):
            return "" if barred == START else barred
        outcome = self._password(actor, email, password)
        if outcome != "right":
            return outcome
        account = self.accounts[email]
        self.browsers[actor].walk = None  # the new session key leaves a journey behind
        outcome = self._totp(account, is_right=is_right)
        if outcome != "right":
            return f"/konto/logga-in/?besked={outcome}"
        self._enter(actor, email)
        return "/"

    def sign_out(self, actor: str) -> str:
        """Logga ut."""
        self._age(actor)
        self._leave(actor)
        return "/"

    def home(self, actor: str) -> str:
        """Where the pages of the sign-up lead who opens any of them."""
        if barred := self._visit(actor):
            return barred
        walk = self.browsers[actor].walk
        return START if walk is None or walk.is_too_old(self.now) else HOME[walk.state]

    def invite(self, email: str, *, holds: bool) -> None:
        """Somebody invites the address, or takes the invitation back."""
        account = self.accounts[email]
        if not account.password:
            account.invited = holds

    # What SKR does ---------------------------------------------------------------------------------------------------

    def open_case(self, email: str, kind: str) -> None:
        """A new case, in an older one's place. About the phone: it and all that hangs on it end at once."""
        account = self.accounts[email]
        account.case = Case(kind)
        if kind == "totp":
            account.has_device, account.case = False, Case(kind, self.now, self.now + DAY)
            self._end_all(email)

    def approve(self, email: str) -> None:
        """A second person agrees: it opens in a day, for a day."""
        case = self.accounts[email].case
        if case and case.kind == "both" and case.start == inf:
            case.start, case.end = self.now + DAY, self.now + 2 * DAY

    def cancel(self, email: str) -> None:
        """The case is stopped."""
        self.accounts[email].case = None

    def suspend(self, email: str, *, suspended: bool) -> None:
        """The account is closed, or opened again as it was."""
        account = self.accounts[email]
        if suspended and not account.suspended:
            self._end_all(email)
        account.suspended = suspended

    # What requests share ---------------------------------------------------------------------------------------------

    def _age(self, actor: str) -> None:
        """A session ends by idleness, age, or new credentials; so does what it held."""
        browser = self.browsers[actor]
        if not browser.user:
            return
        is_old = self.now > browser.seen_at + 1800 or self.now > browser.since + 8 * HOUR
        if is_old or browser.user_epoch != self.accounts[browser.user].epoch:
            self._leave(actor)
        elif self.now >= browser.seen_at + 60:
            browser.seen_at = self.now

    def _visit(self, actor: str) -> str:
        """Where somebody signed in is led instead; "" for everybody else."""
        self._age(actor)
        user = self.browsers[actor].user
        if not user:
            return ""
        return START if self.accounts[user].has_accepted else "/konto/integritet/"

    def _step(self, actor: str, number: int, state: str) -> str:
        """Row x: "" where the posted step is the journey's."""
        if barred := self._visit(actor):
            return barred
        walk = self.browsers[actor].walk
        if walk is None or walk.number != number or walk.state != state or walk.is_too_old(self.now):
            return OVER
        return OVER if walk.branch and walk.branch != self.accounts[walk.email].branch(self.now) else ""

    def _enter(self, actor: str, email: str) -> None:
        browser, account = self.browsers[actor], self.accounts[email]
        browser.user, browser.user_epoch, browser.seen_at, browser.since = email, account.epoch, self.now, self.now
        browser.cookie, browser.walk = (email, account.epoch), None
        if account.case and account.case.kind == "both":  # whoever signs in has lost nothing
            account.case = None
        self.known.add((actor, email))

    def _end_all(self, email: str) -> None:
        """Sessions, device cookies and journeys of an account are worth nothing from now on."""
        self.accounts[email].epoch += 1
        for browser in self.browsers.values():
            if browser.walk and browser.walk.email == email:
                browser.walk = None

    def _password(self, actor: str, email: str, password: str) -> str:
        """right, wrong, or wait: counted first, in the owner's browser by itself."""
        account = self.accounts.get(email)
        if account and self.browsers[actor].cookie == (email, account.epoch):
            row, may_try = "known", self._take(("password", email), 10, 900)
        else:
            row, may_try = "strange", self._take_row(email)
        if not may_try:
            return "wait"
        if account is None or account.suspended or not account.password or password != account.password:
            return "wrong"
        if row == "known":
            self.windows.pop(("password", email), None)
        else:
            self.rows.pop(email, None)
        return "right"

    def _leave(self, actor: str) -> None:
        browser = self.browsers[actor]
        browser.user, browser.walk, browser.sent_at = "", None, -inf

    def _may_send(self, browser: Browser, email: str, lane: str) -> bool:
        if self.now < browser.sent_at + 60:
            return False
        hour = self._take(("send", email, lane, "hour"), 5, HOUR)
        return self._take(("send", email, lane, "day"), 10, DAY) and hour

    def _mail(self, browser: Browser) -> None:
        assert browser.walk is not None
        self.codes += 1
        browser.sent_at = self.now
        browser.walk.codes.append(Code(self.codes, self.now))
        account = self.accounts.get(browser.walk.email)
        if account and account.branch(self.now):
            self.mails.append((browser.walk.email, self.codes))

    def _failed(self, browser: Browser, walk: Walk, answer: str) -> str:
        walk.failures += 1
        if walk.failures < 5:
            return answer
        browser.walk = None
        return "/konto/?besked=for-manga-fel"

    def _totp(self, account: Account, *, is_right: bool) -> str:
        """A right code is the present step's; each step counts once."""
        if not account.has_device:
            return "wrong"
        wait = 0 if not account.failures else WAITS[account.failures - 1] if account.failures <= 10 else 900
        if account.failures >= 100 or (account.failures and self.now < account.failed_at + wait):
            return "wait"
        step = int(self.now // 30)
        if is_right and step > account.last_step:
            account.failures, account.last_step = 0, step
            return "right"
        account.failures, account.failed_at = account.failures + 1, self.now
        return "wrong"

    def _take(self, key: tuple[str, ...], limit: int, window: float) -> bool:
        count, since = self.windows.get(key, (0, self.now))
        count, since = (1, self.now) if self.now >= since + window else (min(count + 1, limit + 1), since)
        self.windows[key] = (count, since)
        return count <= limit

    def _take_row(self, email: str) -> bool:
        count, last = self.rows.get(email, (0, 0.0))
        if count >= 100 or (count >= 5 and self.now < last + min(900, 2 ** (count - 3))):
            return False
        self.rows[email] = (count + 1, self.now)
        return True

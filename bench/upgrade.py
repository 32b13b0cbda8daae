"""The order of docs/drift.md, "Ny version", tried: an older commit at work behind nginx, then this one, then the older again.

    .venv/bin/python bench/upgrade.py [--from COMMIT] [--people 4] [--seconds 6]            (needs nginx; as root PostgreSQL gets a user)

People sign in to the older portal and ask for pages, for the style sheet that each page names, and write messages, all the time, while
each step of the document is done; an answer that is neither 2xx nor 3xx, and none at all, is counted as lost in the step in which it
came. The older commit is by default the one before the last two changes of a migration, so that there is something to migrate; its
packages are those of this environment. Prints name=value, and ends with 1 where an answer was lost or a step did not hold.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(BASE))

from bench.browser import Browser, NoAnswer, hidden_in  # noqa: E402
from bench.portal import FIRST_PORT, TRUSTED, Portal, end  # noqa: E402
from bench.season import Comer  # noqa: E402
from config.lib import age  # noqa: E402
from config.local.postgres import APP_LOGIN, OWNER_LOGIN, binaries  # noqa: E402

MAKE = """
import json, sys
from pathlib import Path
from bench import season
comers = season.make(Path(sys.argv[1]), units=4, people=int(sys.argv[2]), scale=0.02)
print("@@" + json.dumps([comer.as_dict() for comer in comers]))
"""
SHEET = re.compile(r'href="(/static/[^"]+\.css)"')
PLANNED = re.compile(r"^[a-z_]+\.[0-9]{4}_", re.MULTILINE)
PAGES = ("/", "/inlamning/{unit}/{year}/", "/meddelanden/", "/profil/", "/handbok/")


class Version:
    """One commit's tree with its own static files; its web on its own port."""

    def __init__(self, trial: Trial, name: str, tree: Path, port: int) -> None:
        self.trial, self.name, self.tree, self.port = trial, name, tree, port
        self.static = trial.portal.folder / f"static-{name}"
        self.web: subprocess.Popen[bytes] | None = None
        self.worker: subprocess.Popen[bytes] | None = None

    def env(self, login: str = APP_LOGIN) -> dict[str, str]:
        """Its settings, with the rights of that login."""
        own = {
            "DATABASE_URL": self.trial.portal.cluster.url_of(login),
            "STATIC_ROOT": str(self.static),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        path = f"{binaries()}:{os.environ['PATH']}"
        return {**os.environ, **self.trial.settings, **own, "PATH": path}

    def manage(self, *command: str, login: str = APP_LOGIN) -> subprocess.CompletedProcess[str]:
        """A command of its manage.py."""
        return subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=self.tree,
            env=self.env(login),
            capture_output=True,
            text=True,
            check=False,
        )

    def start_web(self) -> None:
        """gunicorn, without waiting."""
        self.web = self._begin("-m", "gunicorn", "-c", "config/gunicorn.conf.py", "-b", f"127.0.0.1:{self.port}")

    def start_worker(self) -> None:
        """The worker."""
        self.worker = self._begin("manage.py", "procrastinate", "worker")

    def _begin(self, *command: str) -> subprocess.Popen[bytes]:
        with self.trial.portal.log.open("ab") as log:
            process = subprocess.Popen([sys.executable, *command], cwd=self.tree, env=self.env(), stdout=log, stderr=log)
        self.trial.processes.append(process)
        return process

    def readiness(self, seconds: float, wanted: int = 200) -> int:
        """What /readyz answers: the wanted status as soon as it comes, else the last; 0 for no answer."""
        until, status = time.monotonic() + seconds, 0
        while status != wanted and time.monotonic() < until:
            request = urllib.request.Request(f"http://127.0.0.1:{self.port}/readyz", headers=TRUSTED)
            try:
                with urllib.request.urlopen(request, timeout=5) as answer:
                    status = answer.status
            except urllib.error.HTTPError as error:
                status = error.code
            except OSError:
                time.sleep(0.3)
                continue
            if status != wanted:
                time.sleep(0.3)
        return status


class Visitor(threading.Thread):
    """Asks for pages and their style sheets, and writes to SKR, until it is over."""

    def __init__(self, trial: Trial, comer: Comer) -> None:
        super().__init__(daemon=True)
        self.trial, self.comer, self.browser = trial, comer, Browser(trial.portal.url, timeout=40)
        self.chance = random.Random(comer.email)  # noqa: S311
        self.turn = 0

    def run(self) -> None:
        """One thing after the other."""
        while not self.trial.over.is_set():
            self.turn += 1
            with contextlib.suppress(NoAnswer):
                self.write() if self.turn % 6 == 0 else self.look()
            self.trial.over.wait(self.chance.uniform(0.05, 0.3))

    def ask(self, kind: str, path: str) -> str:
        """A page's text; every answer is counted."""
        try:
            answer = self.browser.get(path)
        except NoAnswer as none:
            self.trial.count(kind, 0, str(none))
            raise
        self.trial.count(kind, answer.status, path)
        return answer.text

    def look(self) -> None:
        """A page and what it wears."""
        page = self.ask("page", self.chance.choice(PAGES).format(unit=self.comer.unit, year=self.comer.year))
        for sheet in SHEET.findall(page)[:2]:
            time.sleep(self.chance.uniform(0, 0.2))
            self.ask("sheet", sheet)

    def write(self) -> None:
        """A message to SKR."""
        page = self.ask("page", "/meddelanden/nytt/")
        values = {"unit": self.comer.unit, "category": "file", "subject": f"Fråga {self.turn}", "text": "Hinner vi i kväll?"}
        try:
            answer = self.browser.post("/meddelanden/nytt/", page, {**hidden_in(page), **values})
        except NoAnswer as none:
            self.trial.count("message", 0, str(none))
            raise
        self.trial.count("message", answer.status if answer.status == 302 else 400, "/meddelanden/nytt/")


class Trial:
    """Who asks, what came back in which step, and what held."""

    def __init__(self, portal: Portal, seconds: float) -> None:
        self.portal, self.seconds = portal, seconds
        self.settings = {name: value for name, value in portal.settings().items() if name not in {"DATABASE_URL", "STATIC_ROOT"}}
        self.processes: list[subprocess.Popen[bytes]] = []
        self.over, self.lock = threading.Event(), threading.Lock()
        self.step, self.asked, self.lost = "begin", Counter[str](), Counter[str]()
        self.wrong = 0

    def count(self, kind: str, status: int, where: str) -> None:
        """One answer; 0 is none."""
        with self.lock:
            self.asked[self.step] += 1
            if not 200 <= status < 400:
                self.lost[self.step] += 1
                print(f"  {self.step}: {kind} {status} {where}", file=sys.stderr, flush=True)

    def held(self, name: str, yes: object, said: str = "") -> None:
        """Tell how a step went."""
        print(f"{name}={int(bool(yes))}", flush=True)
        if not yes:
            self.wrong += 1
            print("  " + said.strip()[-1500:].replace("\n", "\n  "), file=sys.stderr, flush=True)

    def enter(self, step: str) -> None:
        """From here the answers are those of the step; people are at it for a while before it is done."""
        self.step = step
        self.over.wait(self.seconds / 2)

    def leave(self) -> None:
        """And for a while after."""
        self.over.wait(self.seconds / 2)
        print(f"asked_{self.step}={self.asked[self.step]} lost_{self.step}={self.lost[self.step]}", flush=True)

    def did(self, name: str, ended: subprocess.CompletedProcess[str]) -> None:
        """A command of the document."""
        self.held(name, ended.returncode == 0, ended.stdout + ended.stderr)

    def point_at(self, version: Version) -> None:
        """The proxy passes on to that version from now on."""
        (self.portal.folder / "upstream.conf").write_text(
            f"upstream portal {{ server 127.0.0.1:{version.port}; }}\n", encoding="utf-8"
        )
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            os.kill(int((self.portal.folder / "nginx.pid").read_text()), signal.SIGHUP)

    def start_proxy(self) -> None:
        """nginx with the document's file, its upstream in a file of its own."""
        path = self.portal._nginx()
        text = re.sub(
            r"upstream portal \{ .*? \}\n", f"include {self.portal.folder}/upstream.conf;\n", path.read_text(encoding="utf-8")
        )
        path.write_text(text, encoding="utf-8")
        with self.portal.log.open("ab") as log:
            command = ["nginx", "-e", str(self.portal.log), "-c", str(path)]
            self.processes.append(subprocess.Popen(command, stdout=log, stderr=log))

    def end(self, name: str, process: subprocess.Popen[bytes] | None, seconds: float) -> None:
        """SIGTERM, and how long it took."""
        assert process is not None
        began = time.monotonic()
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        self.held(f"{name}_ended", process.poll() is not None)
        print(f"{name}_end_seconds={time.monotonic() - began:.1f}", flush=True)
        process.kill()

    def change_web(self, old: Version, new: Version) -> None:
        """Start, wait for readiness, change, stop."""
        new.start_web()
        status = new.readiness(90)
        self.held(f"{new.name}_web_ready", status == 200, str(status))
        self.point_at(new)
        time.sleep(2)  # nginx lets its old processes end what they have
        self.end(f"{old.name}_web", old.web, 40)


def keep_names(source: Path, target: Path) -> None:
    """cp -rn: the files with the other version's names beside its own, its own list of them left as it is."""
    for path in source.rglob("*"):
        other = target / path.relative_to(source)
        if path.is_file() and not other.exists():
            other.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, other)


def before_last_migrations() -> str:
    """The commit before the last two that changed a migration."""
    asked = ["git", "log", "-1", "--skip=1", "--format=%H", "--", "*/migrations/*"]
    return subprocess.run(asked, cwd=BASE, capture_output=True, text=True, check=True).stdout.strip() + "^"


def forward(trial: Trial, old: Version, new: Version) -> None:
    """Steps 1 to 6 of the document."""
    folder = trial.portal.folder
    trial.enter("step_1_backup")
    (folder / "kopia.pub").write_text(age.make_identity()[1] + "\n", encoding="utf-8")
    (folder / "kopior").mkdir(mode=0o700)
    trial.did(
        "backup", old.manage("backup", "--output", f"{folder}/kopior", "--recipients", f"{folder}/kopia.pub", login=OWNER_LOGIN)
    )
    copies = [path for path in (folder / "kopior").glob("*") if path.suffix != ".sha256"]
    trial.held("backup_file", len(copies) == 1)
    trial.did("verify_backup", old.manage("verify_backup", str(copies[0]) if copies else "ingen"))
    trial.leave()
    trial.enter("step_2_new_beside")
    trial.did("collectstatic", new.manage("collectstatic", "--no-input", "-v", "0"))
    keep_names(old.static, new.static)
    trial.did("check_deploy", new.manage("check", "--deploy", "--fail-level", "WARNING"))
    planned = new.manage("migrate", "--plan", login=OWNER_LOGIN)
    trial.did("migrate_plan", planned)
    print(f"migrations={len(PLANNED.findall(planned.stdout))}", flush=True)
    if "No planned" not in planned.stdout:
        new.start_web()
        trial.held("new_web_before_migrate_says_503", new.readiness(60, wanted=503) == 503)
        trial.end("new_web_too_early", new.web, 40)
    trial.leave()
    trial.enter("step_3_migrate")
    began = time.monotonic()
    trial.did("migrate", new.manage("migrate", "--no-input", login=OWNER_LOGIN))
    trial.did("grant_roles", new.manage("grant_roles", login=OWNER_LOGIN))
    print(f"migrate_seconds={time.monotonic() - began:.1f}", flush=True)
    trial.held("old_web_still_ready", old.readiness(10) == 200)
    trial.leave()
    trial.enter("step_4_worker")
    trial.end("old_worker", old.worker, 120)
    new.start_worker()
    trial.leave()
    trial.enter("step_5_web")
    trial.change_web(old, new)
    trial.leave()
    trial.enter("step_6_new_at_work")
    trial.leave()


def back(trial: Trial, old: Version, new: Version) -> None:
    """The same the other way; the tables stay."""
    trial.enter("back_web")
    keep_names(new.static, old.static)
    trial.change_web(new, old)
    trial.leave()
    trial.enter("back_worker")
    trial.end("new_worker", new.worker, 120)
    old.start_worker()
    trial.leave()
    trial.enter("back_old_at_work")
    trial.leave()


def main() -> int:
    """There and back."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--from", dest="commit", default="", metavar="COMMIT")
    parser.add_argument("--people", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=6, help="how long people ask around each step")
    asked = parser.parse_args()
    portal = Portal(proxy=True)
    tree = Path(tempfile.mkdtemp(prefix="older-")) / "tree"
    commit = asked.commit or before_last_migrations()
    subprocess.run(["git", "worktree", "add", "--quiet", "--detach", tree, commit], cwd=BASE, check=True)
    shutil.rmtree(tree / "bench", ignore_errors=True)
    shutil.copytree(BASE / "bench", tree / "bench", ignore=shutil.ignore_patterns("__pycache__"))
    trial = Trial(portal, asked.seconds)
    old, new = Version(trial, "old", tree, FIRST_PORT), Version(trial, "new", BASE, FIRST_PORT + 1)
    try:
        portal.cluster.acquire()
        portal.cluster.prepare_roles()
        for command in (["migrate", "--no-input", "-v", "0"], ["grant_roles"]):
            trial.did(f"old_{command[0]}", old.manage(*command, login=OWNER_LOGIN))
        trial.did("old_collectstatic", old.manage("collectstatic", "--no-input", "-v", "0"))
        made = subprocess.run(
            [sys.executable, "-c", MAKE, str(portal.folder), str(asked.people)],
            cwd=tree,
            env=old.env(),
            capture_output=True,
            text=True,
            check=False,
        )
        if "@@" not in made.stdout:
            raise SystemExit(f"Den äldre versionen kunde inte göra personer:\n{made.stderr[-1500:]}")
        comers = [Comer(**told) for told in json.loads(made.stdout.rpartition("@@")[2])]
        portal.mail.open()
        old.start_web()
        old.start_worker()
        trial.point_at(old)
        trial.start_proxy()
        trial.held("old_web_ready", old.readiness(90) == 200)
        people = [Visitor(trial, comer) for comer in comers]
        for person in people:
            person.browser.sign_in(person.comer)
        for person in people:
            person.start()
        forward(trial, old, new)
        back(trial, old, new)
        trial.over.set()
        for person in people:
            person.join(60)
        errors = [line for line in portal.errors() if "/readyz" not in line]  # the new web that was started too early, on purpose
        trial.held("no_errors_in_the_log", not errors, "\n".join(errors[:5]))
    finally:
        trial.over.set()
        end(trial.processes)
        portal.mail.shut()
        portal.cluster.release()
        shutil.rmtree(portal.folder, ignore_errors=True)
        subprocess.run(["git", "worktree", "remove", "--force", tree], cwd=BASE, check=False)
        shutil.rmtree(tree.parent, ignore_errors=True)
    lost = trial.lost.total()
    print(f"asked={trial.asked.total()} lost={lost} wrong={trial.wrong}")
    return 1 if lost or trial.wrong else 0


if __name__ == "__main__":
    sys.exit(main())

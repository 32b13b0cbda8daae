"""From an empty Debian to a portal at work, by the very lines of docs/drift.md, "På en server": what is tried is what is written.

    sudo .venv/bin/python bench/bare_debian.py /srv/bare [--keep]     (needs root, debootstrap, git, curl; ports 80, 443, 5432, 8000)

The directory becomes a Debian 12 of its own (debootstrap; what this machine's apt and pip know goes along), entered with chroot.
Each command in the code blocks of the section is run as it stands, in one shell, with the letters for year and address filled in; what a
person is told to write by hand is written between them (`BY_HAND`). Then people come, through nginx with TLS: the invited
Samordnare signs up and sees the administration, an invited submitter signs up and hands in a file; a backup is taken, verified and
restored, with the right keys and with wrong ones; doctor looks it over; and what "Det som bara kan visas på plats" asks is asked,
as far as one machine can.

A chroot has no systemd. `systemctl` is a stand-in (SYSTEMCTL): a service of ours starts from its unit, with the unit's user, group,
environment file, directory and mask, without any capability, on a read-only root with its own /tmp, and `Type=notify` waits for the
word; what a unit says beyond that (system calls, namespaces, memory) is asked of `systemd-analyze` where the machine has it.

Prints name=value, 1 for what held and 0 for what did not, and what a failed line said; ends with 1 where anything failed.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import pwd
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(BASE))

from bench.at_work import Newcomer, Promises  # noqa: E402
from bench.browser import Browser, NoAnswer  # noqa: E402
from bench.portal import HOST, MailServer, make_certificate  # noqa: E402
from bench.season import PASSWORD, Comer  # noqa: E402

DOCUMENT = (BASE / "docs" / "drift.md").read_text(encoding="utf-8")
YEAR, FIRST, SUBMITTER, UNIT = "2026", "samordnare@skr.example", "lamnare@enhet.example", "0488"
FILLED_IN = {"ÅR": YEAR, "EPOST": FIRST}
HOME = "/srv/trial"
STARTS_WITHIN = 300.0  # seconds
SYSTEMCTL = r'''#!/usr/bin/python3
"""In place of systemd: starts, stops and restarts what the units say, as its user, without capabilities, on a read-only root."""
import configparser, os, shlex, signal, socket, subprocess, sys, time
from pathlib import Path

RUN, LOG = Path("/run/trial"), Path("/var/log/trial")
verb, *names = [word for word in sys.argv[1:] if not word.startswith("--")]
RUN.mkdir(exist_ok=True), LOG.mkdir(exist_ok=True)


def section(name):
    read = configparser.RawConfigParser(strict=False, comment_prefixes=("#",))
    read.optionxform = str
    read.read(f"/etc/systemd/system/{name}")
    return dict(read["Service"])


def start(name):
    unit = section(name)
    env = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/nonexistent", "USER": unit["User"]}
    for line in Path(unit["EnvironmentFile"]).read_text().splitlines():
        if line and not line.startswith("#"):
            key, _, value = line.partition("=")
            env[key] = value
    if "Environment" in unit and unit["Environment"].partition("=")[0]:
        key, _, value = unit["Environment"].partition("=")
        env[key] = value
    told = None
    if unit["Type"] == "notify":
        address = RUN / f"{name}.notify"
        address.unlink(missing_ok=True)
        told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        told.bind(str(address))
        address.chmod(0o666)
        told.settimeout(float(unit.get("TimeoutStartSec", "90")))
        env["NOTIFY_SOCKET"] = str(address)
    writable = "".join(f"mount --bind {path} {path}; mount -o remount,bind,rw {path}; " for path in unit.get("ReadWritePaths", "").split())
    prepare = (
        "set -e; mount --make-rprivate /; " + writable.replace("; mount -o remount", "; true; mount -o remount")
        + "mount -o remount,bind,ro /; mount -t tmpfs -o mode=1777 tmpfs /tmp; mount -t tmpfs -o mode=1777 tmpfs /var/tmp; "
        f"umask {unit['UMask']}; cd {unit['WorkingDirectory']}; "
        f"exec setpriv --reuid={unit['User']} --regid={unit['Group']} --init-groups --no-new-privs --inh-caps=-all --bounding-set=-all "
        + unit["ExecStart"]
    )
    log = open(LOG / f"{name}.log", "ab")
    process = subprocess.Popen(["unshare", "--mount", "sh", "-c", prepare], env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    (RUN / f"{name}.pid").write_text(str(process.pid))
    if unit["Type"] == "oneshot":
        return process.wait()
    if told is not None:
        try:
            while b"READY=1" not in told.recv(4096):
                pass
        except TimeoutError:
            return 1
    else:
        time.sleep(2)
    return 1 if process.poll() is not None else 0


def stop(name):
    pid = int((RUN / f"{name}.pid").read_text())
    limit = float(section(name).get("TimeoutStopSec", "90"))
    os.kill(pid, signal.SIGTERM)
    until = time.monotonic() + limit
    while time.monotonic() < until:
        try:
            if Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":
                return 0
        except FileNotFoundError:
            return 0
        time.sleep(0.1)
    os.kill(pid, signal.SIGKILL)
    return 1


status = 0
for name in names:
    if name.endswith(".timer"):
        status |= not Path(f"/etc/systemd/system/{name}").is_file()
    elif name.startswith("portal-"):
        name = name.removesuffix(".service") + ".service"
        if verb in {"stop", "restart"}:
            status |= stop(name)
        if verb in {"start", "restart", "enable"}:
            status |= start(name)
    else:
        status |= subprocess.call([f"/etc/init.d/{name}", verb])
sys.exit(int(status))
'''

results: dict[str, int] = {}


def held(name: str, yes: object, said: str = "") -> bool:
    """Tell how it went, once; what it said when it went wrong."""
    results[name] = int(bool(yes)) & results.get(name, 1)
    print(f"{name}={int(bool(yes))}", flush=True)
    if not yes and said:
        print("  " + said.strip()[-1500:].replace("\n", "\n  "), file=sys.stderr, flush=True)
    return bool(yes)


# What the document says ----------------------------------------------------------------------------------------------


def steps() -> dict[int, list[str]]:
    """The commands of each numbered step; 0 is what is done where the code is checked out, 8 what stands in its sentence."""
    section = DOCUMENT.partition("### På en server")[2].partition("\n### ")[0]
    first, *rest = re.split(r"^(?=\d+\. )", section, flags=re.MULTILINE)
    found = {0: blocks(first)}
    for part in rest:
        found[int(part.partition(".")[0])] = blocks(part) or re.findall(r"`(as_portal [^`]+)`", part)
    return found


def blocks(text: str) -> list[str]:
    """The commands of its code blocks, each with its lines where it goes on or has a text with it."""
    lines = [line for block in re.findall(r"^ *```sh\n(.*?)^ *```$", text, re.DOTALL | re.MULTILINE) for line in unindent(block)]
    commands = []
    while lines:
        command = lines.pop(0)
        while command.endswith("\\"):
            command += "\n" + lines.pop(0)
        if here := re.search(r"<<'?(\w+)'?", command):
            while not command.endswith(f"\n{here[1]}"):
                command += "\n" + lines.pop(0)
        commands.append(command)
    return commands


def unindent(block: str) -> list[str]:
    """Its lines without what all of them begin with."""
    lines = block.splitlines()
    depth = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
    return [line[depth:] for line in lines]


# The bare machine ----------------------------------------------------------------------------------------------------


class Bare:
    """The Debian in the directory, and one shell in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.shell: subprocess.Popen[str] | None = None

    def make(self) -> None:
        """debootstrap, unless it is there; this machine's apt, certificates and pip."""
        if not (self.root / "usr" / "bin" / "apt-get").exists():
            subprocess.run(
                ["debootstrap", "--variant=minbase", "bookworm", self.root, "http://deb.debian.org/debian"],
                check=True,
                stdout=subprocess.DEVNULL,
            )
        kept = [
            Path("/etc/apt/sources.list.d/debian.sources"),
            Path("/etc/pip.conf"),
            *Path("/etc/apt/apt.conf.d").glob("*prox*"),
        ]
        for path in [*kept, Path("/etc/resolv.conf"), *Path("/usr/local/share/ca-certificates").glob("*.crt")]:
            if path.is_file():
                (self.root / path.relative_to("/")).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, self.root / path.relative_to("/"))
        bundle = Path("/etc/ssl/certs/ca-certificates.crt")
        target = self.root / bundle.relative_to("/")
        if bundle.is_file() and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(bundle, target)
        if (self.root / "etc/apt/sources.list.d/debian.sources").exists():
            (self.root / "etc/apt/sources.list").unlink(missing_ok=True)
        systemctl = self.root / "usr" / "local" / "bin" / "systemctl"
        systemctl.write_text(SYSTEMCTL, encoding="utf-8")
        systemctl.chmod(0o755)
        (self.root / HOME.lstrip("/")).mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Bare:
        self.make()
        run("mount", "--bind", str(self.root), str(self.root))
        for kind, where in (("proc", "proc"), ("sysfs", "sys")):
            run("mount", "-t", kind, kind, str(self.root / where))
        run("mount", "--rbind", "/dev", str(self.root / "dev"))
        run("mount", "--make-rslave", str(self.root / "dev"))
        run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", str(self.root / "run"))
        environment = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": pwd.getpwuid(0).pw_dir,
            "LC_ALL": "C.UTF-8",
        }
        environment |= {"DEBIAN_FRONTEND": "noninteractive"}
        self.shell = subprocess.Popen(
            ["chroot", str(self.root), "/bin/bash", "-c", f"cd {HOME}; exec bash"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment,
        )
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(Exception):
            self.run("systemctl stop portal-worker portal-web; /etc/init.d/nginx stop; /etc/init.d/postgresql stop")
        if self.shell:
            self.shell.kill()
        for process in self.inside():
            with contextlib.suppress(OSError):
                os.kill(process, signal.SIGKILL)
        time.sleep(1)
        run("umount", "--recursive", "--lazy", str(self.root))

    def inside(self) -> Iterator[int]:
        """Processes whose root is the directory."""
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if Path(os.readlink(entry / "root")) == self.root:
                    yield int(entry.name)

    def run(self, command: str) -> tuple[int, str]:
        """One command in the shell: its exit status and what it said."""
        assert self.shell is not None
        assert self.shell.stdin is not None
        assert self.shell.stdout is not None
        self.shell.stdin.write(
            f'{{ {command}\n}} </dev/null\necho; echo "@@$?"\n'.replace('echo; echo "@@$?"', 's=$?; echo; echo "@@$s"')
        )
        self.shell.stdin.flush()
        said = []
        for line in self.shell.stdout:
            if line.startswith("@@"):
                return int(line[2:]), "".join(said)
            said.append(line)
        return 255, "".join(said) + "\nSkalet avslutades."

    def path(self, name: str) -> Path:
        """Where a file of it lies for us."""
        return self.root / name.lstrip("/")


def run(*command: str) -> str:
    """A command of this machine; what it said."""
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    return ended.stdout + ended.stderr


# What a person writes by hand between the steps ----------------------------------------------------------------------


def start_as_installed(bare: Bare) -> None:
    """After step 1: systemd starts nginx when it is installed, and a chroot does not."""
    bare.run("/etc/init.d/nginx start")


def write_addresses(bare: Bare, mail: MailServer) -> None:
    """After step 2: the mail server's address, and its certificate among those that the machine trusts."""
    bare.path("/etc/portal/secrets/portal/smtp_url").write_text(f"smtps://localhost:{mail_port()}\n", encoding="utf-8")
    shutil.copy(f"{mail.certificate}.crt", bare.path("/usr/local/share/ca-certificates/mail.crt"))
    held("by_hand_update_ca_certificates", not bare.run("update-ca-certificates")[0])


def make_backup_key(bare: Bare) -> None:
    """Before step 6, "på en annan dator": the pair, by the document's own line."""
    from config.lib import age

    secret, public = age.make_identity()
    bare.path(f"{HOME}/kopia.pub").write_text(f"{public}\n", encoding="utf-8")
    (bare.root.parent / f"{bare.root.name}.kopia.key").write_text(f"{secret}\n", encoding="utf-8")


def make_visitors_certificate(bare: Bare) -> None:
    """Before step 7."""
    pem = bare.path(f"{HOME}/both.pem")
    make_certificate(pem)
    Path(f"{pem}.crt").rename(bare.path(f"{HOME}/portal.crt"))
    pem.rename(bare.path(f"{HOME}/portal.key"))


def write_proxy_addresses(bare: Bare) -> None:
    """In step 7, before its last line: SKR is 127.0.0.1 here, and the rest of 127.0.0.0/8 is not."""
    path = bare.path("/etc/nginx/conf.d/personalstatistik.conf")
    path.write_text(path.read_text(encoding="utf-8").replace("192.0.2.0/24", "127.0.0.1/32"), encoding="utf-8")


def mail_port() -> int:
    """Where the trial's mail server listens."""
    from bench.portal import MAIL_PORT

    return MAIL_PORT


# The trial -----------------------------------------------------------------------------------------------------------


def empty(bare: Bare, mail: MailServer) -> None:
    """What steps 1 to 3 left, with the servers started and no tables."""
    write_addresses(bare, mail)
    bare.run("/etc/init.d/postgresql start")
    start_as_installed(bare)
    for name in ("personalstatistik", "ovning", "ovning_fel"):
        bare.run(f"su postgres -s /bin/sh -c 'dropdb --if-exists {name}'")
    bare.run("su postgres -s /bin/sh -c 'createdb --owner portal_migrate personalstatistik'; rm -f /var/backups/portal/*")


def install(bare: Bare, mail: MailServer, first: int) -> None:
    """Every line of the section, in order, from the step on; the rest is of no use where one fails."""
    before: dict[int, Callable[[], None]] = {6: lambda: make_backup_key(bare), 7: lambda: make_visitors_certificate(bare)}
    after: dict[int, Callable[[], None]] = {1: lambda: start_as_installed(bare), 2: lambda: write_addresses(bare, mail)}
    for number, commands in steps().items():
        if number < first:
            continue
        before.get(number, lambda: None)()
        for position, command in enumerate(commands, start=1):
            name = f"step_{number}_{position}"
            for letters, value in FILLED_IN.items():
                command = re.sub(rf"\b{letters}\b", value, command)
            print(f"# {command.splitlines()[0]}", flush=True)
            if number == 0:
                ended = subprocess.run(["sh", "-c", command], cwd=BASE, capture_output=True, text=True, check=False)
                status, said = ended.returncode, ended.stdout + ended.stderr
                shutil.move(BASE / "portal.tar", bare.path(f"{HOME}/portal.tar"))
            else:
                if command.startswith("nginx -t"):
                    write_proxy_addresses(bare)
                status, said = bare.run(command)
            if not held(name, status == 0, said):
                raise SystemExit(finish())
        after.get(number, lambda: None)()


def sign_up(mail: MailServer, email: str) -> Browser:
    """The invited person comes through nginx, by the mails that she gets; her browser, signed in."""
    browser = Browser("https://127.0.0.1")
    person = Newcomer([email], mail, browser, Promises(), threading.Event(), random.Random(1))  # noqa: S311
    until = time.monotonic() + STARTS_WITHIN
    while person.emails and person.here != "/admin/" and time.monotonic() < until:  # where staff arrive
        with contextlib.suppress(NoAnswer):
            person.go_on()
    if email not in person.promises.accounts:
        raise AssertionError(f"{email} kom inte längre än till {person.here}")
    browser.cookies.clear()
    time.sleep(31)  # a code holds once
    browser.sign_in(Comer(email, person.promises.accounts[email], UNIT, 0, password=PASSWORD))
    return browser


def use(bare: Bare, mail: MailServer) -> None:
    """The first Samordnare; a submitter with a file."""
    coordinator = sign_up(mail, FIRST)
    held("coordinator_signs_up_and_in", True)
    page = coordinator.get("/admin/")
    held("administration_opens", page.status == 200, f"{page.status} {page.location}")
    bare.path(f"{HOME}/personer.csv").write_text(
        f"epost;namn;enhet;roll\n{SUBMITTER};Vera Berg;{UNIT};Kontaktperson\n", encoding="utf-8"
    )
    status, said = bare.run("as_portal invite personer.csv")
    if status:
        bare.run(f"chmod 755 {HOME}; chmod 644 personer.csv")
        status, said = bare.run("as_portal invite personer.csv")
    held("submitter_is_invited", status == 0, said)
    submitter = sign_up(mail, SUBMITTER)
    held("submitter_signs_up_and_in", True)
    from submissions import synthetic

    room = f"/inlamning/{UNIT}/{YEAR}/"
    content = synthetic.delivery(UNIT, 300, 7, 0.02)
    answer = submitter.upload(f"{room}lamna/", submitter.get(f"{room}lamna/").text, {"kind": "riktig"}, "november.txt", content)
    held("file_is_taken", answer.status == 302, answer.text[:500])
    until = time.monotonic() + STARTS_WITHIN
    while (seen := submitter.get(f"{room}granska/")).status != 200 and time.monotonic() < until:
        time.sleep(1)
    held("file_is_checked", seen.status == 200 and "/anmarkningar/" in seen.text, str(seen.status))


def copy_and_restore(bare: Bare) -> None:
    """The unit of the night; the copy verified, restored as the owner into an empty database, and again with another key."""
    held(
        "backup_unit",
        not bare.run("systemctl start portal-backup.service")[0],
        bare.run("tail -5 /var/log/trial/portal-backup.service.log")[1],
    )
    copies = sorted(path for path in bare.path("/var/backups/portal").iterdir() if path.suffix != ".sha256")
    if not held("backup_file", copies):
        return
    copy = f"/var/backups/portal/{copies[-1].name}"
    shutil.copy(bare.root.parent / f"{bare.root.name}.kopia.key", bare.path("/run/kopia.key"))
    bare.run("chown portal /run/kopia.key; chmod 400 /run/kopia.key")
    for name, command in {
        "verify_backup": f"as_portal verify_backup {copy} --identity /run/kopia.key",
        "checksum": f"(cd /var/backups/portal && sha256sum --check {copies[-1].name}.sha256)",
    }.items():
        status, said = bare.run(command)
        held(name, status == 0, said)
    for name in ("ovning", "ovning_fel"):
        bare.run(f"su postgres -s /bin/sh -c 'createdb --owner portal_migrate {name}'")
    url = bare.path("/etc/portal/secrets/portal/database_url_migrate").read_text(encoding="utf-8").strip()
    restore = f"as_portal --owner restore {copy} --identity /run/kopia.key --to"
    status, said = bare.run(f"{restore} '{url.replace('/personalstatistik?', '/ovning?')}'")
    held("restore", status == 0 and "Återställd" in said, said)
    bare.run(
        "cp /etc/portal/secrets/portal/field_keys /run/right_keys; "
        "python3 -c \"import base64, json, secrets; print(json.dumps({'1': base64.b64encode(secrets.token_bytes(32)).decode()}))\" "
        "> /etc/portal/secrets/portal/field_keys"
    )
    status, said = bare.run(f"{restore} '{url.replace('/personalstatistik?', '/ovning_fel?')}'")
    held("restore_with_another_key_ends_with_1", status == 1 and "går inte att öppna" in said, said)
    bare.run("cat /run/right_keys > /etc/portal/secrets/portal/field_keys")
    bare.run("mv /etc/portal/secrets/portal/field_keys /run/away")
    held("nothing_starts_without_keys", bare.run("as_portal check --deploy --fail-level WARNING")[0] != 0)
    bare.run("mv /run/away /etc/portal/secrets/portal/field_keys")
    held("keys_are_back", not bare.run("as_portal verify_sealed")[0])


def on_the_spot(bare: Bare) -> None:
    """The list of the document, as far as one machine can."""
    curl = [
        "curl",
        "--silent",
        "--insecure",
        "--resolve",
        f"{HOST}:443:127.0.0.1",
        "--output",
        "/dev/null",
        "--write-out",
        "%{http_code}",
    ]
    outside = ["--interface", "127.0.0.2"]
    for path in (".git/", ".git/config", ".env", "static/", "static/../manage.py"):
        got = run(*curl, "--path-as-is", f"https://{HOST}/{path}")
        held("drift_09_nothing_else_is_shown", got == "404", f"{got} {path}")
    row = re.search(r"^\| ADM-07 .*?`curl -si (\S+) (-H .*?) \\\|", DOCUMENT, re.MULTILINE)
    assert row is not None
    headers = re.findall(r'-H "([^"]+)"', row[2])
    got = run(*curl, *outside, *[word for one in headers for word in ("-H", one)], f"https://{HOST}/admin/")
    held("adm_07_administration_is_shut_from_outside", got == "403", got)
    got = run(*curl, *outside, f"https://{HOST}/admin/doc/")
    held("drift_09_admin_doc_from_outside", got == "403", got)
    got = run(*curl, *outside, f"https://{HOST}/metrics")
    held("metrics_are_shut_from_outside", got == "403", got)
    got = run(*curl, "-H", "X-Forwarded-Host: annan.example", "-H", "X-Forwarded-Proto: http", f"https://{HOST}/")
    held("proxy_writes_over_headers", got == "200", got)
    got = run(*curl, "--resolve", f"{HOST}:80:127.0.0.1", f"http://{HOST}/")
    held("http_leads_to_https", got == "301", got)
    for version, expected in (("-tls1_1", False), ("-tls1_2", True), ("-tls1_3", True)):
        said = run("sh", "-c", f"openssl s_client -connect 127.0.0.1:443 {version} </dev/null 2>&1")
        held(
            f"drift_10{version.replace('-', '_')}_{'is_spoken' if expected else 'is_refused'}",
            ("Cipher is (NONE)" not in said and "New, TLS" in said) == expected,
            said[-400:],
        )
    url = bare.path("/etc/portal/secrets/portal/database_url").read_text(encoding="utf-8").strip()
    asked = re.search(
        r"^\| DRIFT-10 Databasen och e-posten \| `psql \"\$DATABASE_URL\" (-Atc \"[^\"]+\")`", DOCUMENT, re.MULTILINE
    )
    assert asked is not None
    status, said = bare.run(f"psql '{url}' {asked[1]}")
    held("drift_10_database_over_tls", status == 0 and "t|TLSv1.3" in said, said)
    status, said = bare.run(f"openssl s_client -connect localhost:{mail_port()} -verify_return_error </dev/null 2>&1")
    held("drift_10_mail_over_tls", "Verify return code: 0 (ok)" in said, said[-600:])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        own = probe.getsockname()[0]
    held("web_port_is_shut_from_outside", socket.socket().connect_ex((own, 8000)) != 0, own)


def look_over(bare: Bare) -> None:
    """doctor in its unit; the units by systemd's own tool; how long a stop takes."""
    status, _ = bare.run("systemctl start portal-doctor.service")
    held("doctor_unit", status == 0, bare.run("tail -40 /var/log/trial/portal-doctor.service.log")[1])
    if shutil.which("systemd-analyze"):
        for path in sorted((BASE / "docs" / "systemd").glob("*.timer")):
            when = re.search(r"^OnCalendar=(.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
            assert when is not None
            said = run("systemd-analyze", "calendar", when[1])
            held(f"calendar_{path.stem.replace('-', '_')}", "Next elapse" in said, said)
        said = run(
            "systemd-analyze",
            "security",
            "--offline=true",
            "--no-pager",
            *map(str, sorted((BASE / "docs" / "systemd").glob("*.service"))),
        )
        worst = max((float(found) for found in re.findall(r"Overall exposure level for \S+: ([\d.]+)", said)), default=-1.0)
        print(f"units_exposure_at_most={worst}", flush=True)
    for name in ("web", "worker"):
        began = time.monotonic()
        status, said = bare.run(f"systemctl stop portal-{name}")
        held(f"{name}_ends_on_sigterm", status == 0, said)
        print(f"{name}_stop_seconds={time.monotonic() - began:.1f}", flush=True)
        status, said = bare.run(f"systemctl start portal-{name}")
        held(f"{name}_starts_again", status == 0, said)


def finish() -> int:
    """The last line."""
    failed = [name for name, value in results.items() if not value]
    print(f"steps={len(results)} failed={len(failed)}{' ' + ' '.join(failed) if failed else ''}")
    return 1 if failed else 0


def main() -> int:
    """All of it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("root", type=Path, help="an empty directory, or one where debootstrap has been")
    parser.add_argument("--keep", action="store_true", help="leave the directory")
    parser.add_argument("--again", action="store_true", help="in a directory that was kept: from step 4, with an empty database")
    asked = parser.parse_args()
    if os.geteuid():
        raise SystemExit("Behöver vara root: debootstrap, chroot och mount.")
    for port in (80, 443, 5432, 8000):
        if socket.socket().connect_ex(("127.0.0.1", port)) == 0:
            raise SystemExit(f"Port {port} är upptagen på den här datorn.")
    asked.root.mkdir(parents=True, exist_ok=True)
    root = asked.root.resolve()
    mail = MailServer(root.parent)
    mail.open()
    try:
        with Bare(root) as bare:
            if asked.again:
                empty(bare, mail)
            install(bare, mail, 4 if asked.again else 0)
            use(bare, mail)
            copy_and_restore(bare)
            on_the_spot(bare)
            look_over(bare)
    finally:
        mail.shut()
        for rest in (mail.certificate, Path(f"{mail.certificate}.crt"), root.parent / f"{root.name}.kopia.key"):
            rest.unlink(missing_ok=True)
        if not asked.keep:
            shutil.rmtree(root, ignore_errors=True)
    return finish()


if __name__ == "__main__":
    sys.exit(main())

"""bin/run and its like: keys made once, ports, locks that a killed process cannot leave, and a database that the last one stops."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from config.local import installation, paths, processes, run, suite
from config.local.locks import FileLock
from config.local.postgres import Cluster

pytestmark = pytest.mark.real_clock


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation of its own."""
    for name, file in {"VAR": "", "KEYS": "keys", "ENV": "env", "DEMO": "demo.json", "STATE": "run.json"}.items():
        monkeypatch.setattr(paths, name, tmp_path / file if file else tmp_path)
    return tmp_path


def test_keys_are_made_once_and_only_their_owner_reads_them(var: Path) -> None:
    first = {name: file.read_text() for name, file in installation.key_files().items()}
    assert {name: file.read_text() for name, file in installation.key_files().items()} == first
    assert {stat.S_IMODE(file.stat().st_mode) for file in (var / "keys").iterdir()} == {0o600}
    assert len(json.loads(first["FIELD_KEYS"])["1"]) == 44


def test_the_environment_is_left_for_manage_py(var: Path) -> None:
    written = installation.environment(
        database_url="postgresql:///x?host=/y", base_url="http://a:1", host="127.0.0.1", debug=False
    )
    installation.write_environment(written)
    assert installation.read_environment() == written
    assert stat.S_IMODE((var / "env").stat().st_mode) == 0o600
    assert (written["PORTAL_ENV"], written["DEMO"], written["DEBUG"]) == ("local", "1", "0")


def test_before_the_first_start_commands_have_keys_and_a_database_that_does_not_answer(
    var: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PORTAL_ENV", "DATABASE_URL", "SECRET_KEY", "FIELD_KEYS", "HMAC_KEY", "RECEIPT_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "argv", ["manage.py", "check_file"])
    installation.attach()
    assert os.environ["PORTAL_ENV"] == "local"
    assert "/nonexistent" in os.environ["DATABASE_URL"]
    for name in ("PORTAL_ENV", "DATABASE_URL", "SECRET_KEY", "FIELD_KEYS", "HMAC_KEY", "RECEIPT_KEY"):
        monkeypatch.delenv(name)


def test_production_is_never_attached(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_ENV", "production")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    installation.attach()
    assert "DATABASE_URL" not in os.environ


def test_a_command_runs_by_hand_without_any_environment() -> None:
    bare = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    ended = subprocess.run(
        [sys.executable, "manage.py", "help"], cwd=settings.BASE_DIR, env=bare, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr


def test_a_busy_port_is_passed_over_and_refused_when_set_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setattr(processes, "FIRST_PORT", port)
        monkeypatch.setattr(processes, "LAST_PORT", port + 20)
        assert processes.choose_port("127.0.0.1", None) > port
        with pytest.raises(paths.Unable, match=f"Port {port} på 127.0.0.1 är upptagen"):
            processes.choose_port("127.0.0.1", str(port))


@pytest.mark.parametrize("wanted", ["åtta", "0", "65536", "-1", "8000x", "٣", "80.0"])
def test_what_is_no_port_is_said_so(wanted: str) -> None:
    with pytest.raises(paths.Unable, match="är ingen port"):
        processes.choose_port("127.0.0.1", wanted)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::1", "http://[::1]:8000"),
        ("dator.example", "http://dator.example:8000"),
    ],
)
def test_the_address_shown_can_be_opened(host: str, url: str) -> None:
    assert run.base_url(host, 8000) == url


def test_a_lock_ends_with_the_process_that_held_it(tmp_path: Path) -> None:
    held = "import sys; from config.local.locks import FileLock; from pathlib import Path; FileLock(Path(sys.argv[1])).take(); input()"
    lock = FileLock(tmp_path / "lock")
    with subprocess.Popen(
        [sys.executable, "-c", held, str(lock.path)], cwd=settings.BASE_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        while not lock.path.exists() or (lock.take(wait=False) and lock.release() is None):
            assert other.poll() is None
        assert lock.take(wait=False) is False
        other.kill()
    assert lock.take() is True
    lock.release()


def test_a_process_id_used_again_is_not_ours() -> None:
    ours = {"pid": os.getpid(), "began": processes.psutil.Process().create_time()}
    assert processes.find(ours) is not None
    assert processes.find(ours | {"began": ours["began"] - 60}) is None


def test_the_demo_s_logins_are_told(var: Path) -> None:
    people = [
        {"email": "anna@trosa.example", "password": "hemligt", "totp_secret": "JBSWY3DPEHPK3PXP", "staff": False, "roles": [{"unit": "0488", "role": "Läsare"}]},
        {"email": "ny@trosa.example", "password": None, "totp_secret": None, "staff": False, "roles": []},
    ]  # fmt: skip
    (var / "demo.json").write_text(json.dumps(people))
    told = run.welcome("http://127.0.0.1:8000", run.read_demo(), "var/portal.log")
    assert "anna@trosa.example  hemligt" in told
    assert "Läsare 0488" in told
    assert "inget konto än" in told
    assert "http://127.0.0.1:8000/utkorg/" in told


def test_the_code_of_an_account_is_printed_and_others_are_refused(var: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(paths.Unable, match="Starta först portalen"):
        run.print_code("anna@trosa.example")
    (var / "demo.json").write_text(json.dumps([{"email": "anna@trosa.example", "totp_secret": "JBSWY3DPEHPK3PXP"}]))
    assert run.print_code("Anna@Trosa.example") == 0
    assert len(capsys.readouterr().out.strip()) == 6
    with pytest.raises(paths.Unable, match="De som finns: anna@trosa.example"):
        run.print_code("bo@trosa.example")


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ("12 passed in 3.4s", {"passed": 12}),
        ("1 failed, 12 passed, 2 errors in 3s", {"failed": 1, "passed": 12, "error": 2}),
        ("no tests ran", {}),
    ],
)
def test_pytest_s_last_line_is_counted(line: str, counts: dict[str, int]) -> None:
    assert suite.counts_in(line) == counts


def test_a_path_too_long_for_a_socket_gets_a_short_one() -> None:
    assert Cluster(Path("/srv/portal/var/pg")).sockets == Path("/srv/portal/var/pg")
    assert len(str(Cluster(Path("/srv") / ("x" * 120) / "pg").sockets)) < 93


def test_the_last_one_to_leave_stops_the_database(server_folder: Path) -> None:
    first, second = Cluster(server_folder / "pg", durable=False), Cluster(server_folder / "pg", durable=False)
    first.acquire()
    second.acquire()
    first.release()
    assert second._is_running()
    second.release()
    assert not second._is_running()
    second.acquire()  # and it comes up again
    assert "host=" in second.url
    second.release()

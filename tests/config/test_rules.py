"""DRIFT-06: our own three rules find the fault in each bad sample and nothing in the good ones; the tree has none."""

from __future__ import annotations

import tomllib

import pytest

from config.local import lint, paths, rules

pytestmark = pytest.mark.asvs("1.2.4")

BAD = [
    (rules.CODE, "def f(device, token):\n    return device.verify_token(token)"),
    (rules.CODE, "import django_otp\ndjango_otp.devices_for_user(u)[0].verify_token('1')"),
    (rules.CODE, "from django_otp import verify_token"),
    (rules.CODE, "import django_otp\ndjango_otp.match_token(user, token)"),
    (rules.CODE, "getattr(device, 'verify_token')(token)"),
    (rules.HOST, "def f(request):\n    return request.build_absolute_uri('/')"),
    (rules.HOST, "def f(request):\n    return f'https://{request.get_host()}/'"),
    (rules.HOST, "def f(request):\n    return request.META['HTTP_HOST']"),
    (rules.FIELDS, "User.objects.filter(**request.GET)"),
    (rules.FIELDS, "User.objects.filter(active=True, **request.GET.dict())"),
    (rules.FIELDS, "User.objects.exclude(**dict(request.POST.items()))"),
    (rules.FIELDS, "User.objects.filter(Q(**self.request.POST))"),
    (rules.FIELDS, "User.objects.filter(**{**request.GET.dict(), 'unit': unit})"),
    (rules.FIELDS, "User.objects.filter(**{name: value for name, value in request.GET.items()})"),
    (rules.FIELDS, "User.objects.filter(**(request.GET.dict() | {'unit': unit}))"),
    (rules.FIELDS, "User.objects.create(**form.data)"),
    (rules.FIELDS, "User.objects.filter(**json.loads(request.body))"),
    (rules.FIELDS, "def f(request):\n    wanted = request.GET.dict()\n    return User.objects.filter(**wanted)"),
    (rules.FIELDS, "def f(request):\n    if wanted := request.POST.copy():\n        return User.objects.filter(**wanted)"),
]
GOOD = [
    "import django_otp\ndjango_otp.verify_token(user, device.persistent_id, token)",
    "class Device:\n    def verify_token(self, token): ...",
    "from django.conf import settings\nlink = f'{settings.PORTAL_BASE_URL}/'",
    "path = request.get_full_path()",
    "User.objects.filter(email=request.GET['email'])",
    "services.invite_member(by=request.user, **form.cleaned_data)",
    "def f(request):\n    wanted = {'unit': request.GET['unit']}\n    return User.objects.filter(**wanted)",
    "def f(request):\n    report = read_report(request.body)\n    log.warning('x', **report)",
    "render(request, 'page.html', {**context})",
]


@pytest.mark.parametrize(("sentence", "source"), BAD)
def test_drift_06_a_bad_sample_is_found(sentence: str, source: str) -> None:
    assert [said for _, said in rules.faults(source, "accounts/views/sample.py")] == [sentence]


@pytest.mark.parametrize("source", GOOD)
def test_drift_06_a_good_sample_is_not(source: str) -> None:
    assert rules.faults(source, "accounts/views/sample.py") == []


def test_drift_06_only_the_device_itself_hands_over_to_its_matching() -> None:
    source = "def verify_token(self, token):\n    return totp.verify_token(self, token)"
    assert rules.faults(source, rules.DEVICE) == []
    assert rules.faults(source, "accounts/services.py") == [(2, rules.CODE)]


def test_drift_06_the_tree_keeps_the_rules(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(list(rules.modules(paths.BASE))) > 100
    assert rules.main() == 0, capsys.readouterr().out


def test_drift_06_the_linter_has_its_security_rules_on() -> None:
    steps = lint.steps(fix=False)
    assert {"regler", "egna regler", "hemligheter"} <= set(steps)
    ruff = tomllib.loads((paths.BASE / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]["lint"]
    assert "S" in ruff["select"]
    in_apps = {rule for rule in ruff["ignore"] if rule.startswith("S")}
    assert in_apps == {"S105", "S106", "S107", "S603", "S607", "S308"}

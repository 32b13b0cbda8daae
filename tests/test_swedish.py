"""No English has leaked into what a person reads: pages, errors of forms, mails, commands, files and pages of errors."""

from __future__ import annotations

import ast
import csv
import importlib
import io
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from django import forms
from django.apps import apps
from django.conf import settings
from django.contrib.auth.password_validation import get_default_password_validators
from django.core.management import get_commands, load_command_class
from django.db import models
from django.http import HttpResponse
from django.template.loader import render_to_string

from accounts.admin_site import portal_admin
from tests import addresses
from tests.cast import sign_in
from tests.client import GuardedClient
from tests.scene import Scene
from tests.swedish import english_in, english_on
from tests.test_access import OPEN_TO_ALL, ROUTES, expected, user_of

OURS = ("accounts", "config", "deferrals", "messaging", "profiles", "submissions")
READERS = ("anna", "coordinator", "statistician", "system")
REFUSALS = ("ValidationError", "NotAllowed", "CommandError", "Refused", "Unable", "add_error", "Fault")
ANSWERS = frozenset({"success", "warning", "error"})  # of django.contrib.messages
SENTENCE = re.compile(r"[A-ZÅÄÖ]\S* \S")
TEMPLATES = Path(settings.BASE_DIR) / "templates"


# The finder itself ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "page",
    [
        "<p>This field is required.</p>",
        '<input aria-label="Search">',
        '<button title="Close">Stäng</button>',
        '<input placeholder="Enter a value">',
        '<img alt="Chart with values">',
        "<title>Log in | Personalstatistik – sign in required</title>",
        '<input type="submit" value="Save">',
        "<td>None</td>",
        "<td>True</td>",
        "<p>16 October 2026</p>",
        '<form data-confirm="Are you sure?">',
    ],
)
def test_english_is_found(page: str) -> None:
    assert english_on(page)


@pytest.mark.parametrize(
    "page",
    [
        "<p>Välj en lista med personer och formatet på filen.</p>",
        "<p>Installera Microsoft Authenticator.</p>",
        "<p>Kör <code>manage.py check_file --help file</code></p>",
        '<p lang="en">This field is required.</p>',
        "<p>anna@open.example, export_2026.file, and_or, is-file, file:uploaded</p>",
        "<script>if (this.value) { open(); }</script>",
    ],
)
def test_what_is_no_english_is_let_through(page: str) -> None:
    assert english_on(page) == []


# Pages and files -----------------------------------------------------------------------------------------------------


def heads_of(answer: HttpResponse) -> list[str]:
    """The first row of a file with columns, of each of its sheets; nothing of another file."""
    content = answer.getvalue() if answer.streaming else answer.content
    name = answer.headers.get("Content-Disposition", "")
    if ".xlsx" in name:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
        return [str(cell) for sheet in book for row in sheet.iter_rows(max_row=1, values_only=True) for cell in row if cell]
    if ".csv" in name:
        return next(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"), [])
    return []


def reader(key: str) -> str | None:
    """The first of READERS who gets the page of a route."""
    if OPEN_TO_ALL.get(key, {}).get("GET") == 200:
        return ""
    return next((name for name in READERS if expected(ROUTES[key], "GET", name) == 200), None)


@pytest.mark.django_db
def test_every_page_and_every_head_of_a_file_is_swedish(scene: Scene) -> None:
    """Each address once, as the first person who may read it."""
    clients = {"": GuardedClient()} | {name: sign_in(GuardedClient(), user_of(scene, name)) for name in READERS}
    found: dict[str, list[str]] = {}
    for key, route in ROUTES.items():
        if (name := reader(key)) is None:
            continue
        clients[name].may_write = frozenset({"messaging_readmark"})
        answer = clients[name].get(addresses.address(route, scene.trosa))
        is_page = answer.headers.get("Content-Type", "").startswith("text/html") and not answer.streaming
        found[key] = english_on(answer.content.decode()) if is_page else english_in("\n".join(heads_of(answer)))
    assert len(found) > 120
    assert {key: words for key, words in found.items() if words} == {}


@pytest.mark.parametrize("name", sorted(path.name for path in TEMPLATES.glob("[45]*.html")))
def test_every_page_of_an_error_is_swedish(name: str) -> None:
    assert english_on(render_to_string(name, {"request_id": "abcdefghijklmn", "reason": "", "menu": []})) == []


# Errors of forms -----------------------------------------------------------------------------------------------------


def forms_of(app: str) -> Iterator[type[forms.BaseForm]]:
    """Every form of an app, of its administration too."""
    package = importlib.import_module(app)
    for found in pkgutil.walk_packages(package.__path__, f"{app}."):
        if "migrations" in found.name or not ("form" in found.name or "views" in found.name or "admin" in found.name):
            continue
        for one in vars(importlib.import_module(found.name)).values():
            if isinstance(one, type) and issubclass(one, forms.BaseForm) and one.__module__ == found.name:
                yield one


def texts_of(field: forms.Field) -> list[str]:
    """All that a field may say: name, help, choices and each of its errors."""
    says = [*field.error_messages.values(), *(getattr(validator, "message", "") for validator in field.validators)]
    choices = getattr(field, "choices", ()) if not isinstance(field, forms.ModelChoiceField) else ()
    says += [label for _, label in choices]
    return [str(text) for text in [field.label or "", field.help_text, *says]]


@pytest.mark.parametrize("app", OURS)
def test_every_error_that_a_form_may_give_is_swedish(app: str) -> None:
    found = {
        f"{one.__module__}.{one.__name__}.{name}": words
        for one in forms_of(app)
        for name, field in getattr(one, "base_fields", {}).items()
        if (words := english_in("\n".join(texts_of(field))))
    }
    assert found == {}


def test_the_apps_have_forms_to_look_at() -> None:
    assert sum(1 for app in OURS for _ in forms_of(app)) > 30


@pytest.mark.parametrize("app", OURS)
def test_every_name_and_rule_of_a_model_is_swedish(app: str) -> None:
    """Of those that are shown: the names and helps of the administration's lists, choices, and the database's own rules."""
    found = {}
    for model in apps.get_app_config(app).get_models():
        names = (model._meta.verbose_name, model._meta.verbose_name_plural) if model in portal_admin._registry else ()
        says = [str(name) for name in names]
        for field in model._meta.get_fields():
            if isinstance(field, models.Field):
                says += [str(label) for _, label in field.choices or ()]
                says += [str(field.help_text)] if names else []
        says += [str(rule.violation_error_message) for rule in model._meta.constraints if rule.violation_error_code is None]
        if words := english_in("\n".join(says)):
            found[model.__name__] = words
    assert found == {}


def sentences(source: str) -> Iterator[str]:
    """The text in every refusal and every answer that a module may give."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if not called.endswith(REFUSALS) and called not in ANSWERS:
            continue
        for part in ast.walk(node):
            if isinstance(part, ast.Constant) and isinstance(part.value, str) and SENTENCE.match(part.value):
                yield part.value


def test_every_refusal_and_answer_in_the_code_is_swedish() -> None:
    modules = [path for app in OURS for path in sorted((Path(settings.BASE_DIR) / app).rglob("*.py"))]
    told = {path: [*sentences(path.read_text(encoding="utf-8"))] for path in modules if "migrations" not in path.parts}
    assert sum(map(len, told.values())) > 300
    found = {path.as_posix(): words for path, texts in told.items() if (words := english_in("\n".join(texts)))}
    assert found == {}


def test_every_rule_of_the_password_is_told_in_swedish() -> None:
    says = [str(validator.get_help_text()) for validator in get_default_password_validators()]
    assert english_in("\n".join(says)) == []


# Commands ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(name for name, app in get_commands().items() if app in OURS))
def test_every_command_tells_about_itself_in_swedish(name: str) -> None:
    command = load_command_class(get_commands()[name], name)
    assert english_in(command.create_parser("manage.py", name).format_help()) == []

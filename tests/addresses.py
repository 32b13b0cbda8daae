"""Every address of the portal as the URLconf has them, filled in with one place of the scene (tests.scene)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import AuditEvent, NoticeText
from deferrals.models import Mailing
from messaging.models import Announcement, Attachment, KnownIssue, MailText, OutgoingMail, ReplyTemplate
from submissions.models import CheckSetting, CodeList, Trial
from tests.scene import YEAR, Place

CATCH_ALL = "admin:*"  # what the admin does with addresses that it does not know
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass(frozen=True)
class Route:
    """One pattern of the URLconf: its full name, its text and its view."""

    name: str
    pattern: str
    view: Callable[..., Any]

    @property
    def parameters(self) -> list[str]:
        """What has to be filled in."""
        return PARAMETER.findall(self.pattern)

    @property
    def is_of_a_unit(self) -> bool:
        """Whether the address carries a unit's code."""
        return self.pattern.startswith(("inlamning/", "uppskov/", "profil/")) and "code" in self.parameters


def routes() -> list[Route]:
    """All of them, in order."""
    return list(_walk(get_resolver(), "", ()))


def _walk(resolver: URLResolver, prefix: str, namespaces: tuple[str, ...]) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        pattern = f"{prefix}{entry.pattern}"
        if isinstance(entry, URLPattern):
            yield Route(":".join((*namespaces, entry.name or "*")), pattern, entry.callback)
        else:
            yield from _walk(entry, pattern, (*namespaces, entry.namespace) if entry.namespace else namespaces)


def address(route: Route, place: Place, *, keys_of: Place | None = None) -> str:
    """The route's address at a place. `keys_of` fills in another place's primary keys and group, with `place`'s code."""
    if route.name == CATCH_ALL:
        return "/admin/finns/inte/"
    keys = keys_of or place
    return reverse(route.name, kwargs={name: _value(route, name, place if name == "code" else keys) for name in route.parameters})


def _value(route: Route, name: str, place: Place) -> object:
    if name == "object_id":
        return OBJECTS[route.name.split("_")[1]](place)
    by_route = {
        ("verify_receipt", "code"): lambda: place.receipt.code,
        ("check", "code"): lambda: "FMT06",
        ("submissions:comment", "key"): lambda: place.explained.key,
        ("submissions:comment", "check"): lambda: place.explained.check,
        ("submissions:remove_comment", "key"): lambda: place.explained.key,
        ("submissions:remove_comment", "check"): lambda: place.explained.check,
        ("submissions:save_draft", "key"): lambda: place.explained.key,
        ("submissions:save_draft", "check"): lambda: place.explained.check,
        ("submissions:undo", "pk"): lambda: place.correction.pk,
        ("submissions:undo_batch", "pk"): lambda: place.batch.pk,
        ("submissions:codes", "field"): lambda: 9,
        ("admin:submissions_layout_field", "number"): lambda: 22,
        ("admin:submissions_layout_remove", "number"): lambda: 40,
        ("deferrals:withdraw", "pk"): lambda: place.deferral.pk,
        ("deferrals:withdraw_exemption", "pk"): lambda: place.exemption.pk,
        ("profiles:member", "pk"): lambda: place.colleague.pk,
        ("profiles:end_membership", "pk"): lambda: place.colleague.pk,
        ("profiles:resend_invitation", "pk"): lambda: place.waiting.pk,
        ("profiles:revoke_invitation", "pk"): lambda: place.waiting.pk,
        ("profiles:end_number", "pk"): lambda: place.number.pk,
        ("profiles:answer_request", "pk"): lambda: place.asked.pk,
        ("profiles:withdraw_request", "pk"): lambda: place.asked.pk,
        ("profiles:answer_handover", "pk"): lambda: place.handover.pk,
        ("profiles:withdraw_handover", "pk"): lambda: place.handover.pk,
        ("handbook_field", "number"): lambda: 22,
        ("handbook_page", "slug"): lambda: "skapa-konto",
        ("handbook_sample", "slug"): lambda: "utan-fel",
        ("handbook_layout_file", "form"): lambda: "csv",
        ("handbook_code_list", "kind"): lambda: "aid",
        ("handbook_code_list_file", "kind"): lambda: "aid",
        ("hide_announcement", "pk"): lambda: Announcement.objects.earliest("pk").pk,
        ("admin:messaging_mailtext_word", "slug"): lambda: "paminnelse-en-vecka-efter",
        ("admin:messaging_mailtext_restore", "slug"): lambda: "paminnelse-en-vecka-efter",
        ("admin:deferrals_mailing_new", "what"): lambda: "skriv",
        ("admin:accounts_recoverycase_open", "lost"): lambda: "telefonen",
        ("profiles:correct_address", "pk"): lambda: place.waiting.pk,
        ("messaging:thread", "pk"): lambda: place.thread.pk,
        ("messaging:close", "pk"): lambda: place.thread.pk,
        ("messaging:attachment", "pk"): lambda: place.thread.pk,
        ("messaging:news", "pk"): lambda: place.thread.pk,
        ("messaging:tick", "pk"): lambda: place.thread.pk,
        ("messaging:tick", "number"): lambda: 1,
        ("messaging:untick", "pk"): lambda: place.thread.pk,
        ("messaging:untick", "number"): lambda: 1,
        ("submissions:matter", "pk"): lambda: place.thread.pk,
    }
    return by_route[route.name, name]() if (route.name, name) in by_route else VALUES[name](place)


VALUES: dict[str, Callable[[Place], object]] = {
    "code": lambda place: place.code,
    "year": lambda place: YEAR,
    "number": lambda place: place.delivery.version,
    "table": lambda place: "personalgrupper",
    "check": lambda place: place.group.check,
    "key": lambda place: place.group.key,
    "supplement": lambda place: place.supplement.number,
    "attachment": lambda place: Attachment.objects.filter(message__thread=place.thread).earliest("pk").pk,
    "row": lambda place: place.correction.row,
    "field": lambda place: place.correction.field,
    "unit_id": lambda place: place.unit.pk,
    "name_id": lambda place: place.unit.names.latest("pk").pk,
    "merger_id": lambda place: place.unit.mergers_in.get().pk,
    "note_id": lambda place: place.unit.notes.get().pk,
    "relation_id": lambda place: place.unit.relations_up.get().pk,
    "request_id": lambda place: place.asked.pk,
    "template_id": lambda place: ReplyTemplate.objects.earliest("pk").pk,
    "thread_id": lambda place: place.thread.pk,
    "submission_id": lambda place: place.submission.pk,
    "deferral_id": lambda place: place.deferral.pk,
    "exemption_id": lambda place: place.exemption.pk,
    "file_id": lambda place: 0,  # of a production data set, of which the scene has none
    "collection_id": lambda place: place.submission.collection_id,
    "waiver_id": lambda place: place.waiver.pk,
    "invitation_id": lambda place: place.waiting.invitation_id,
    "user_id": lambda place: place.colleague.user_id,
    "layout_id": lambda place: place.submission.collection.layout_id,
    "other_id": lambda place: place.submission.collection.layout_id,
    "code_list_id": lambda place: CodeList.objects.earliest("pk").pk,
    "check_id": lambda place: CheckSetting.objects.get(collection=place.submission.collection, code="RIM02").pk,
    "issue_id": lambda place: KnownIssue.objects.earliest("pk").pk,
    "trial_id": lambda place: Trial.objects.earliest("pk").pk,
}

OBJECTS: dict[str, Callable[[Place], object]] = {
    "announcement": lambda place: Announcement.objects.earliest("pk").pk,
    "auditevent": lambda place: AuditEvent.objects.filter(unit=place.code).earliest("pk").pk,
    "checksetting": lambda place: CheckSetting.objects.earliest("pk").pk,
    "codelist": lambda place: CodeList.objects.earliest("pk").pk,
    "collection": lambda place: place.submission.collection_id,
    "deferral": lambda place: place.deferral.pk,
    "exemption": lambda place: place.exemption.pk,
    "invitation": lambda place: place.waiting.invitation_id,
    "knownissue": lambda place: KnownIssue.objects.earliest("pk").pk,
    "layout": lambda place: place.submission.collection.layout_id,
    "mailing": lambda place: Mailing.objects.earliest("pk").pk,
    "mailtext": lambda place: MailText.objects.earliest("pk").pk,
    "membership": lambda place: place.colleague.pk,
    "noticetext": lambda place: NoticeText.objects.earliest("pk").pk,
    "outgoingmail": lambda place: OutgoingMail.objects.earliest("pk").pk,
    "recoverycase": lambda place: place.case.pk,
    "replytemplate": lambda place: ReplyTemplate.objects.earliest("pk").pk,
    "submission": lambda place: place.submission.pk,
    "thread": lambda place: place.thread.pk,
    "trial": lambda place: Trial.objects.earliest("pk").pk,
    "unit": lambda place: place.unit.pk,
    "unitmerger": lambda place: place.unit.mergers_in.get().pk,
    "user": lambda place: place.colleague.user_id,
    "waiver": lambda place: place.waiver.pk,
}

"""Profil & enheter: who may act for a unit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.contrib import messages
from django.contrib.auth import logout
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import limits
from accounts.access import NotAllowed, UserRequest
from accounts.middleware import redirect_to
from accounts.models import Invitation
from accounts.step_up import needs_step_up
from config.lib.text import amount
from profiles import access, confirmation, contacts, end_dates, handovers, requests, services
from profiles.forms import AddressForm, ConfirmationForm, InvitationForm, RoleForm
from profiles.models import Membership, PeopleConfirmation
from profiles.roles import ROLES


@require_safe
def unit(request: UserRequest, code: str) -> HttpResponse:
    """The unit's people with their roles, and the invitations that wait for an answer."""
    chosen = access.unit_or_404(request.user, code)
    memberships = chosen.memberships.select_related("user", "created_by", "invitation")
    people = list(memberships.in_force().order_by("user__name", "user__email", "pk"))
    now = timezone.now()
    review = confirmation.latest(chosen)
    mine = next((one for one in people if one.user_id == request.user.pk), None)
    pending = memberships.pending().order_by("created_at", "pk")
    waiting = [_waiting(m, m.invitation, now) for m in pending if m.invitation]
    context = {
        "unit": chosen,
        "people": people,
        "waiting": waiting,
        "my_role": access.role_at(request.user, chosen),
        "manages": access.can_manage_people(request.user, chosen),
        "is_alone": sum(one.user.is_active for one in people) == 1,
        "lacks_contact": contacts.lacks_contact(chosen),
        "can_submit": access.can_submit(request.user, chosen),
        "requests": requests.waiting_of(chosen) if access.can_manage_people(request.user, chosen) else (),
        "offered_to": handovers.offered_to(chosen, request.user, at=now),
        "offered_by": handovers.offered_by(chosen, request.user, at=now),
        "review": review,
        "review_is_due": review is None or review.at < now - limits.PEOPLE_CONFIRMED,
        "mine": mine,
        "roles": ROLES,
    }
    return render(request, "profiles/unit.html", context)


def _waiting(membership: Membership, invitation: Invitation, now: datetime) -> dict[str, object]:
    """An invitation as the table shows it: whether it still holds, and why it cannot be sent again just now."""
    again_at = invitation.last_sent_at + limits.INVITATION_RESEND_INTERVAL
    is_spent = invitation.send_count > limits.INVITATION_RESENDS or now > invitation.created_at + limits.INVITATION_TOTAL
    return {
        "membership": membership,
        "invitation": invitation,
        "has_expired": invitation.expires_at <= now,
        "is_spent": is_spent,
        "again_at": again_at if now < again_at else None,
    }


@require_http_methods(["GET", "HEAD", "POST"])
@needs_step_up
def invite(request: UserRequest, code: str) -> HttpResponse:
    """Invite a colleague to the unit."""
    chosen = access.unit_or_404(request.user, code)
    access.check_can_manage_people(request.user, chosen)
    form = InvitationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.invite_member(unit=chosen, by=request.user, at=timezone.now(), **form.cleaned_data)
        except NotAllowed as refusal:
            form.add_error("email", refusal.reason)
        else:
            messages.success(request, _invited(made))
            return redirect("profiles:unit", code=code)
    return render(request, "profiles/invite.html", {"unit": chosen, "form": form})


def _invited(made: Membership) -> str:
    if made.invitation is None:
        return f"{made.user} hade redan ett konto och är nu {made.get_role_display()} i {made.unit.name}."
    day = timezone.localdate(made.invitation.expires_at).isoformat()
    return f"Inbjudan är skickad till {made.user.email}. Den gäller till och med {day}."


@require_POST
def resend_invitation(request: UserRequest, code: str, pk: int) -> HttpResponse:
    """Send a waiting invitation again."""
    return _act(request, code, pk, services.resend_invitation, "Inbjudan är skickad igen till {email}.")


@require_http_methods(["GET", "HEAD", "POST"])
@needs_step_up
def correct_address(request: UserRequest, code: str, pk: int) -> HttpResponse:
    """Send a waiting invitation to the right address instead."""
    chosen = access.unit_or_404(request.user, code)
    access.check_can_manage_people(request.user, chosen)
    membership = _membership(request, chosen.memberships.select_related("user", "unit"), pk)
    if not Membership.objects.pending().filter(pk=membership.pk).exists():
        messages.warning(request, "Inbjudan är redan använd eller återkallad. Listan visar hur det är nu.")
        return redirect("profiles:unit", code=code)
    form = AddressForm(request.POST or None, initial={"email": membership.user.email})
    if request.method == "POST" and form.is_valid():
        try:
            made = services.correct_address(
                membership=membership, email=form.cleaned_data["email"], by=request.user, at=timezone.now()
            )
        except NotAllowed as refusal:
            form.add_error("email", refusal.reason)
        else:
            messages.success(request, f"Inbjudan till {membership.user.email} är återkallad. {_invited(made)}")
            return redirect("profiles:unit", code=code)
    return render(request, "profiles/correct_address.html", {"unit": chosen, "membership": membership, "form": form})


@require_POST
def revoke_invitation(request: UserRequest, code: str, pk: int) -> HttpResponse:
    """Take a waiting invitation back."""
    return _act(request, code, pk, services.revoke_invitation, "Inbjudan till {email} är återkallad.")


@require_POST
@needs_step_up(back="profiles:member")
def end_membership(request: UserRequest, code: str, pk: int) -> HttpResponse:
    """Take a colleague's role away."""
    return _act(request, code, pk, services.end_membership, "{email} har inte längre någon roll i enheten.")


def _membership(request: UserRequest, memberships: QuerySet[Membership], pk: int) -> Membership:
    visible = Membership.objects.visible_to(request.user)
    return access.row_or_404(request.user, memberships, pk=pk, visible=visible, unit="unit__code")


def _act(request: UserRequest, code: str, pk: int, verb: Callable[..., None], done: str) -> HttpResponse:
    """One change of one row of the unit's page, and back to it with the outcome."""
    chosen = access.unit_or_404(request.user, code)
    access.check_can_manage_people(request.user, chosen)
    membership = _membership(request, chosen.memberships.select_related("user", "unit"), pk)
    try:
        verb(membership=membership, by=request.user, at=timezone.now())
    except NotAllowed as refusal:
        messages.warning(request, refusal.reason)
    else:
        messages.success(request, done.format(email=membership.user.email))
    return redirect("profiles:unit", code=code)


@require_http_methods(["GET", "HEAD", "POST"])
@needs_step_up
def member(request: UserRequest, code: str, pk: int) -> HttpResponse:
    """A colleague: change her role or end it."""
    chosen = access.unit_or_404(request.user, code)
    access.check_can_manage_people(request.user, chosen)
    membership = _membership(request, chosen.memberships.select_related("user", "unit", "created_by"), pk)
    if not Membership.objects.in_force().filter(pk=membership.pk).exists():
        messages.warning(request, f"{membership.user} har ingen roll i enheten just nu. Listan visar hur det är nu.")
        return redirect("profiles:unit", code=code)
    form = RoleForm(request.POST or None, initial={"role": membership.role, "ends_on": membership.ends_on})
    if request.method == "POST" and form.is_valid():
        try:
            end_dates.change_member(membership=membership, by=request.user, at=timezone.now(), **form.cleaned_data)
        except NotAllowed as refusal:
            form.add_error(None, refusal.reason)
        else:
            role = Membership.Role(form.cleaned_data["role"]).label
            day = form.cleaned_data["ends_on"]
            until = f" till och med {day.isoformat()}" if day else ""
            messages.success(request, f"{membership.user} är nu {role} i {chosen.name}{until}.")
            return redirect("profiles:unit", code=code)
    context = {
        "unit": chosen,
        "membership": membership,
        "form": form,
        "is_own": membership.user_id == request.user.pk,
        "waiting": chosen.memberships.pending().filter(created_by=membership.user).count(),
    }
    return render(request, "profiles/member.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs_step_up
def confirm_people(request: UserRequest, code: str) -> HttpResponse:
    """The yearly review: who shall still have a role at the unit."""
    chosen = access.unit_or_404(request.user, code)
    access.check_can_manage_people(request.user, chosen)
    people = confirmation.people_of(chosen)
    others = [one for one in people if one.user_id != request.user.pk]
    form = ConfirmationForm(request.POST if request.method == "POST" else None, people=others)
    if form.is_valid():
        try:
            done = confirmation.confirm_people(unit=chosen, stays=form.stays, by=request.user, at=timezone.now())
        except NotAllowed as refusal:
            form.add_error(None, refusal.reason)
        else:
            messages.success(request, f"Personerna i {chosen.name} är bekräftade. {_outcome(done)}")
            return redirect("profiles:unit", code=code)
    mine = next((one for one in people if one.user_id == request.user.pk), None)
    if mine is None:  # her role ended between the two questions
        raise NotAllowed(confirmation.CHANGED_MEANWHILE)
    return render(request, "profiles/confirm_people.html", {"unit": chosen, "form": form, "mine": mine, "others": others})


def _outcome(done: PeopleConfirmation) -> str:
    if not done.ended:
        return "Alla är kvar."
    return f"{amount(done.ended, 'person', 'personer')} är inte längre kvar."


@require_http_methods(["GET", "HEAD", "POST"])
@needs_step_up
def leave(request: UserRequest, code: str) -> HttpResponse:
    """End one's own role at the unit. The session ends with it."""
    chosen = access.unit_or_404(request.user, code)
    mine = Membership.objects.in_force().filter(unit=chosen, user=request.user).select_related("unit")
    membership = mine.first()
    if membership is None:  # SKR's people have no role
        raise Http404
    reason = services.reason_against_leaving(membership)
    if request.method == "POST":
        services.leave_unit(membership=membership, by=request.user, at=timezone.now())
        logout(request)
        return redirect_to(request, f"{reverse('start')}?besked=lamnat")
    waiting = chosen.memberships.pending().filter(created_by=request.user).count()
    return render(
        request, "profiles/leave.html", {"unit": chosen, "membership": membership, "reason": reason, "waiting": waiting}
    )

"""Inloggning och säkerhet: what one signs in with, changed by oneself after step-up, and one's own latest sign-ins."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts import address_change, credentials, device_cookie, limits, qr_code, recovery_codes, sign_in, totp
from accounts import own_events as events
from accounts.access import UserRequest
from accounts.forms import ChangePasswordForm, CodeForm, NewAddressForm, RefusableForm, TokenForm, TypedBackForm
from accounts.models import AddressChange, TotpDevice, User
from accounts.second_factor import Outcome
from accounts.step_up import needs_step_up
from accounts.views import _page
from accounts.views.sessions import own_sessions
from accounts.views.sign_up import token_form

PAGE_SIZE = 20
WRONG_PASSWORD = "Lösenordet stämmer inte."  # noqa: S105 - a sentence
TOO_MANY_TRIES = "Det har blivit många försök. Vänta en stund innan du försöker igen."
NOT_ONE_OF_THEM = "Det är ingen av koderna på sidan. Kontrollera och skriv igen."
START_AGAIN = {
    "for-manga-fel": "Fel engångskod fem gånger. Börja om med en ny QR-kod. Din tidigare koppling fungerar som förut.",
    "borja-om": "Det gick för lång tid, eller så började du om i ett annat fönster. Börja om här.",
}


def changed(request: UserRequest, user: User, sentence: str) -> HttpResponse:
    """Back to the page with what was done; this browser is known under the new epoch."""
    messages.success(request, f"{sentence} Du är utloggad i andra webbläsare.")
    response = HttpResponseRedirect(reverse("accounts:security"))
    device_cookie.write(response, user)
    return response


@never_cache
@require_safe
def security(request: UserRequest) -> HttpResponse:
    """What the person signs in with, where she is signed in, and her own events of the last 90 days."""
    at, user = timezone.now(), request.user
    rows = events.of(user, at=at)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("sida"))
    context: dict[str, Any] = {
        "password_at": events.password_at(user),
        "device": TotpDevice.objects.filter(user=user, revoked_at=None).first(),
        "codes_left": recovery_codes.left(user),
        "codes_total": limits.RECOVERY_CODES,
        "sessions": own_sessions(request, at=at),
        "page": page,
        "events": events.in_words(page.object_list),
    }
    return render(request, "accounts/security.html", context)


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@needs_step_up
def change_password(request: UserRequest) -> HttpResponse:
    """The current password and a new one. The one-time code was given at the step-up."""
    at = timezone.now()
    form = ChangePasswordForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid() and _is_current(request, form):
        user = credentials.change_password(request, password=form.cleaned_data["password"], at=at)
        return changed(request, user, "Lösenordet är ändrat.")
    return render(request, "accounts/change_password.html", {"form": form})


def _is_current(request: UserRequest, form: ChangePasswordForm) -> bool:
    """Whether the current password is right; says on the form what is wrong. Counted as at the sign-in."""
    typed, at = form.cleaned_data["current"], timezone.now()
    try:
        known = sign_in.check_password(request, email=request.user.email, password=typed, at=at, failed="account:password:wrong")
    except sign_in.TooManyTriesError:
        form.add_error("current", TOO_MANY_TRIES)
        return False
    if known is None or known.pk != request.user.pk:
        form.add_error("current", WRONG_PASSWORD)
        return False
    return True


# A new phone ---------------------------------------------------------------------------------------------------------


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@needs_step_up
def new_phone(request: UserRequest) -> HttpResponse:
    """Begin, scan the QR code, and show that the new phone makes the right code. The old one works until then."""
    at = timezone.now()
    swap = credentials.swap_of(request, at=at)
    if request.method == "POST" and "begin" in request.POST:
        credentials.begin_swap(request, at=at)
        return redirect("accounts:new_phone")
    if swap is None:
        if request.method == "POST":
            return _page.redirect_with("accounts:new_phone", "borja-om")
        return render(request, "accounts/new_phone.html", _prompt(request))
    form = TokenForm(request.POST) if request.method == "POST" else token_form(request)
    if request.method == "POST" and form.is_valid():
        return _try_new_phone(request, credentials.finish_swap(request, swap, typed=form.cleaned_data["token"], at=at))
    secret = credentials.swap_secret(swap)
    picture = qr_code.svg(totp.provisioning_uri(secret, request.user.email))
    context = {"form": form, "picture": picture, "key": totp.secret_text(secret), "email": request.user.email}
    return render(request, "accounts/new_phone_code.html", context)


def _prompt(request: UserRequest) -> dict[str, object]:
    """Why she is here: of her own accord, again, or because a recovery code had to do in the app's place."""
    return {
        "notice": START_AGAIN.get(_page.word_of(request), ""),
        "used_code": bool(request.session.get(sign_in.USED_CODE)),
        "codes_left": recovery_codes.left(request.user),
    }


def _try_new_phone(request: UserRequest, outcome: Outcome) -> HttpResponse:
    if outcome == Outcome.RIGHT:
        request.session.pop(sign_in.USED_CODE, None)
        user = User.objects.get(pk=request.user.pk)
        return changed(request, user, "Den nya telefonen är kopplad och den gamla kopplingen gäller inte längre.")
    if outcome == Outcome.ENDED:
        return _page.redirect_with("accounts:new_phone", "for-manga-fel")
    return _page.redirect_with("accounts:new_phone", outcome)


# Recovery codes ------------------------------------------------------------------------------------------------------


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@needs_step_up
def new_codes(request: UserRequest) -> HttpResponse:
    """Make recovery codes, write them down, and type one back: then they are in force."""
    at, user = timezone.now(), request.user
    recovery_codes.check_can_have(user)
    batch = recovery_codes.batch_of(user=user, session=request.session, at=at)
    if request.method == "POST" and "make" in request.POST:
        recovery_codes.offer(user=user, session=request.session, at=at)
        return redirect("accounts:new_codes")
    if batch is None:
        if request.method == "POST":
            return _page.redirect_with("accounts:new_codes", "borja-om")
        word = _page.word_of(request)
        context = {"codes_left": recovery_codes.left(user), "notice": START_AGAIN["borja-om"] if word == "borja-om" else ""}
        return render(request, "accounts/new_codes.html", context)
    form: RefusableForm = TypedBackForm(request.POST) if request.method == "POST" else _typed_back_form(request)
    if request.method == "POST" and form.is_valid():
        if credentials.confirm_codes(request, batch, typed=form.cleaned_data["typed"], at=at):
            return changed(request, User.objects.get(pk=user.pk), "Dina nya återställningskoder gäller.")
        return _page.redirect_with("accounts:new_codes", "fel")
    context = {"form": form, "codes": recovery_codes.codes_of(batch), "codes_left": recovery_codes.left(user)}
    return render(request, "accounts/new_codes_confirm.html", context)


def _typed_back_form(request: UserRequest) -> RefusableForm:
    return TypedBackForm.refused(NOT_ONE_OF_THEM) if _page.word_of(request) == "fel" else TypedBackForm()


@never_cache
@require_safe
@needs_step_up
def new_codes_file(request: UserRequest) -> HttpResponse:
    """The codes that the page shows, as a text file to print or keep."""
    batch = recovery_codes.batch_of(user=request.user, session=request.session, at=timezone.now())
    if batch is None:
        return redirect("accounts:new_codes")
    lines = [
        "Återställningskoder till Personalstatistik",
        request.user.email,
        "",
        *recovery_codes.codes_of(batch),
        "",
        "Varje kod fungerar en gång, i stället för engångskoden i appen.",
        "Koderna gäller först när du har skrivit in en av dem på sidan där du hämtade dem.",
        "Förvara dem där bara du kommer åt dem, och inte tillsammans med lösenordet.",
        "SKR frågar aldrig efter koderna.",
    ]
    response = HttpResponse("\r\n".join(lines) + "\r\n", content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="aterstallningskoder.txt"'
    return response


# Address -------------------------------------------------------------------------------------------------------------


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@needs_step_up
def change_address(request: UserRequest) -> HttpResponse:
    """The new address. The answer is the same for every address."""
    present = request.user.email
    if request.method == "POST":
        form: RefusableForm = NewAddressForm(request.POST, present=present)
        if form.is_valid():
            return _send(request, form.cleaned_data["email"], "", refused="accounts:change_address")
    elif _page.word_of(request) == "vanta":
        form = NewAddressForm.refused(_page.TOO_SOON, present=present)
    else:
        form = NewAddressForm(present=present)
    return render(request, "accounts/change_address.html", {"form": form})


def _send(request: UserRequest, email: str, word: str, *, refused: str) -> HttpResponse:
    try:
        address_change.send(request, email=email, at=timezone.now())
    except address_change.TooSoonError:
        return _page.redirect_with(refused, "vanta")
    return _page.redirect_with("accounts:change_address_code", word)


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@needs_step_up
def change_address_code(request: UserRequest) -> HttpResponse:
    """The code from the new mailbox, or a new one."""
    change = address_change.live(request, at=timezone.now())
    if change is None:
        return _page.redirect_with("accounts:change_address")
    email = address_change.new_address(change)
    if request.method == "POST" and "again" in request.POST:
        return _send(request, email, "ny-kod", refused="accounts:change_address_code")
    if request.method == "POST":
        form: RefusableForm = CodeForm(request.POST)
        if form.is_valid():
            return _try_code(request, change, form.cleaned_data["code"])
    else:
        form = CodeForm.refused(_page.WRONG_CODE) if _page.word_of(request) == "fel" else CodeForm()
    context = {"form": form, "email": email, "word": _page.word_of(request), "too_soon": _page.TOO_SOON}
    return render(request, "accounts/change_address_code.html", context)


def _try_code(request: UserRequest, change: AddressChange, typed: str) -> HttpResponse:
    user = address_change.confirm(request, change, typed=typed, at=timezone.now())
    if user is None:
        return _page.redirect_with("accounts:change_address_code", "fel")
    return changed(request, user, f"Din adress är nu {user.email}.")

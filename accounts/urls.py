"""Addresses of the sign-up and the account."""

from django.urls import path

from accounts.views import account, drafts, security, sessions, sign_in, sign_up, viewing

app_name = "accounts"
urlpatterns = [
    path("", sign_up.start, name="start"),
    path("kod/", sign_up.code, name="code"),
    path("verifierad/", sign_up.verified, name="verified"),
    path("nuvarande-losenord/", sign_up.current_password, name="current_password"),
    path("qr/", sign_up.qr, name="qr"),
    path("engangskod/", sign_up.one_time_code, name="one_time_code"),
    path("kontroll/", sign_up.challenge, name="challenge"),
    path("kontroll/aterstallningskod/", sign_up.recovery_code, name="recovery_code"),
    path("losenord/", sign_up.new_password, name="new_password"),
    path("integritet/", account.notice, name="notice"),
    path("logga-in/", sign_in.sign_in_code, name="sign_in_code"),
    path("logga-in/aterstallningskod/", sign_in.sign_in_recovery_code, name="sign_in_recovery_code"),
    path("bekrafta/", account.step_up, name="step_up"),
    path("inloggning/", security.security, name="security"),
    path("inloggning/losenord/", security.change_password, name="change_password"),
    path("inloggning/ny-telefon/", security.new_phone, name="new_phone"),
    path("inloggning/aterstallningskoder/", security.new_codes, name="new_codes"),
    path("inloggning/aterstallningskoder/fil/", security.new_codes_file, name="new_codes_file"),
    path("inloggning/e-post/", security.change_address, name="change_address"),
    path("inloggning/e-post/kod/", security.change_address_code, name="change_address_code"),
    path("inloggning/avsluta/", sessions.end_session, name="end_session"),
    path("inloggning/avsluta-andra/", sessions.end_other_sessions, name="end_other_sessions"),
    path("session/", sessions.session_time, name="session_time"),
    path("visning/avsluta/", viewing.end_viewing, name="end_viewing"),
    path("utkast/", drafts.drafts, name="drafts"),
    path("logga-ut/", account.sign_out, name="sign_out"),
]

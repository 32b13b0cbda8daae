"""Addresses of the sign-up and the account."""

from django.urls import path

from accounts.views import account, sign_in, sign_up

app_name = "accounts"
urlpatterns = [
    path("", sign_up.start, name="start"),
    path("kod/", sign_up.code, name="code"),
    path("verifierad/", sign_up.verified, name="verified"),
    path("qr/", sign_up.qr, name="qr"),
    path("engangskod/", sign_up.one_time_code, name="one_time_code"),
    path("kontroll/", sign_up.challenge, name="challenge"),
    path("losenord/", sign_up.new_password, name="new_password"),
    path("integritet/", account.notice, name="notice"),
    path("logga-in/", sign_in.sign_in_code, name="sign_in_code"),
    path("bekrafta/", account.step_up, name="step_up"),
    path("logga-ut/", account.sign_out, name="sign_out"),
]

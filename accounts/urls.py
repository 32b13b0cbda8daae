"""Addresses of the sign-up and the account."""

from django.urls import path

app_name = "accounts"
urlpatterns: list[object] = []

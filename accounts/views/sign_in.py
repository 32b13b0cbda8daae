"""Sign-in: password, then one-time code."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def sign_in(request: HttpRequest) -> HttpResponse:
    """E-post and Lösenord."""
    return render(request, "accounts/sign_in.html")

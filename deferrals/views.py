"""Pages of deferrals."""

from django.http import HttpResponse
from django.shortcuts import render

from accounts.access import UserRequest


def overview(request: UserRequest) -> HttpResponse:
    """The room's first page."""
    return render(request, "deferrals/overview.html")

"""Whether the portal lives and is ready."""

from django.http import HttpRequest, HttpResponse, JsonResponse

from accounts.access import open_view


@open_view
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


@open_view
def readyz(request: HttpRequest) -> HttpResponse:
    """The process can do its work."""
    return JsonResponse({"status": "ok"})


@open_view
def csp_report(request: HttpRequest) -> HttpResponse:
    """A browser's report of a blocked resource."""
    return HttpResponse(status=204)

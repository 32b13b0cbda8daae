"""Every address of the portal (contracts, "Addresses")."""

from django.conf import settings
from django.urls import include, path

from accounts.admin_site import portal_admin
from config import health, metrics, views
from config.views_gallery import gallery

urlpatterns = [
    path("", views.start, name="start"),
    path("konto/", include("accounts.urls")),
    path("inlamning/", include("submissions.urls")),
    path("uppskov/", include("deferrals.urls")),
    path("profil/", include("profiles.urls")),
    path("meddelanden/", include("messaging.urls")),
    path("admin/", portal_admin.urls),
    path("kvittens/", views.check_receipt, name="check_receipt"),
    path("kvittens/<str:code>/", views.verify_receipt, name="verify_receipt"),
    path("kontroller/", views.checks, name="checks"),
    path("kontroller/<str:code>/", views.check, name="check"),
    path("handbok/", views.handbook, name="handbook"),
    path("driftmeddelande/<int:pk>/dolj/", views.hide_announcement, name="hide_announcement"),
    path("integritet/", views.privacy, name="privacy"),
    path("tillganglighet/", views.accessibility, name="accessibility"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("csp-rapport/", health.csp_report, name="csp_report"),
]
handler400 = "config.views.bad_request"
handler403 = "config.views.permission_denied"
handler404 = "config.views.not_found"
handler500 = "config.views.server_error"

if settings.DEBUG:
    urlpatterns.append(path("komponenter/", gallery, name="gallery"))
if settings.DEMO:
    urlpatterns.append(path("utkorg/", views.outbox, name="outbox"))

"""Every address of the portal (contracts, "Addresses")."""

from django.conf import settings
from django.urls import include, path

from accounts.admin_site import portal_admin
from config import health, metrics, views, views_handbook
from config.views_gallery import gallery

handbook = [
    path("", views_handbook.handbook, name="handbook"),
    path("sok/", views_handbook.handbook_search, name="handbook_search"),
    path("nytt-i-ar/", views_handbook.handbook_news, name="handbook_news"),
    path("kanda-fel/", views_handbook.handbook_known_issues, name="handbook_known_issues"),
    path("falt/", views_handbook.handbook_fields, name="handbook_fields"),
    path("falt/<int:number>/", views_handbook.handbook_field, name="handbook_field"),
    path("postbeskrivning/<slug:form>/", views_handbook.handbook_layout_file, name="handbook_layout_file"),
    path("kodlistor/", views_handbook.handbook_code_lists, name="handbook_code_lists"),
    path("kodlistor/<slug:kind>/", views_handbook.handbook_code_list, name="handbook_code_list"),
    path("kodlistor/<slug:kind>/hamta/", views_handbook.handbook_code_list_file, name="handbook_code_list_file"),
    path("exempelfil/<slug:slug>/", views_handbook.handbook_sample, name="handbook_sample"),
    path("<slug:slug>/", views_handbook.handbook_page, name="handbook_page"),
]
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
    path("handbok/", include(handbook)),
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

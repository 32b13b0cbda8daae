"""SKR's side: Django's admin behind the portal's own sign-in."""

from __future__ import annotations

from django.contrib.admin import AdminSite


class PortalAdminSite(AdminSite):
    """The admin that knows only the portal's sign-in."""

    site_header = "Personalstatistik, SKR"
    site_title = "Personalstatistik"
    index_title = "Läget"


portal_admin = PortalAdminSite(name="admin")

"""Addresses of deferrals."""

from django.urls import path

from deferrals import views

app_name = "deferrals"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("begar/", views.ask, name="ask"),
    path("kalender.ics", views.calendar, name="calendar"),
    path("<str:code>/", views.unit, name="unit"),
    path("<str:code>/kalender.ics", views.unit_calendar, name="unit_calendar"),
    path("<str:code>/<int:pk>/ta-tillbaka/", views.withdraw, name="withdraw"),
    path("<str:code>/omfattas-inte/", views.ask_to_be_exempt, name="ask_to_be_exempt"),
    path("<str:code>/omfattas-inte/<int:pk>/ta-tillbaka/", views.withdraw_exemption, name="withdraw_exemption"),
]

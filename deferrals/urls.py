"""Addresses of deferrals."""

from django.urls import path

from deferrals import views

app_name = "deferrals"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("<str:code>/", views.unit, name="unit"),
    path("<str:code>/begar/", views.ask, name="ask"),
    path("<str:code>/<int:pk>/ta-tillbaka/", views.withdraw, name="withdraw"),
]

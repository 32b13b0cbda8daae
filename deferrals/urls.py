"""Addresses of deferrals."""

from django.urls import path

from deferrals import views

app_name = "deferrals"
urlpatterns = [path("", views.overview, name="overview")]

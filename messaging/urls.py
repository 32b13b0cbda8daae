"""Addresses of messaging."""

from django.urls import path

from messaging import views, views_attachments

app_name = "messaging"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("nytt/", views.new, name="new"),
    path("<int:pk>/", views.thread, name="thread"),
    path("<int:pk>/bilaga/<int:attachment>/", views_attachments.attachment, name="attachment"),
    path("<int:pk>/nyheter/", views.news, name="news"),
    path("<int:pk>/fragor/<int:number>/", views.tick, name="tick"),
    path("<int:pk>/fragor/<int:number>/angra/", views.untick, name="untick"),
    path("<int:pk>/klar/", views.close, name="close"),
]

"""Addresses of profiles."""

from django.urls import path

from profiles import views, views_insight, views_inviting, views_own

app_name = "profiles"
urlpatterns = [
    path("", views_own.overview, name="overview"),
    path("uppgifter/", views_own.details, name="details"),
    path("mejl/", views_own.mail_notices, name="mail_notices"),
    path("<str:code>/", views.unit, name="unit"),
    path("<str:code>/insyn/", views_insight.insight, name="insight"),
    path("<str:code>/insyn/hamta/", views_insight.export_insight, name="export_insight"),
    path("<str:code>/bjud-in/", views.invite, name="invite"),
    path("<str:code>/bjud-in/flera/", views_inviting.invite_many, name="invite_many"),
    path("<str:code>/inbjudan/<int:pk>/skicka-igen/", views.resend_invitation, name="resend_invitation"),
    path("<str:code>/bekrafta/", views.confirm_people, name="confirm_people"),
    path("<str:code>/lamna/", views.leave, name="leave"),
    path("<str:code>/inbjudan/<int:pk>/adress/", views.correct_address, name="correct_address"),
    path("<str:code>/inbjudan/<int:pk>/aterkalla/", views.revoke_invitation, name="revoke_invitation"),
    path("<str:code>/person/<int:pk>/", views.member, name="member"),
    path("<str:code>/person/<int:pk>/avsluta/", views.end_membership, name="end_membership"),
]

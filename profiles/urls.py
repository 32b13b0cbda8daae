"""Addresses of profiles."""

from django.urls import path

from profiles import views, views_facts, views_handovers, views_insight, views_inviting, views_own, views_requests

app_name = "profiles"
urlpatterns = [
    path("", views_own.overview, name="overview"),
    path("uppgifter/", views_own.details, name="details"),
    path("mejl/", views_own.mail_notices, name="mail_notices"),
    path("behorighet/", views_requests.ask_access, name="ask_access"),
    path("behorighet/<int:pk>/ta-tillbaka/", views_requests.withdraw_request, name="withdraw_request"),
    path("<str:code>/", views.unit, name="unit"),
    path("<str:code>/insyn/", views_insight.insight, name="insight"),
    path("<str:code>/insyn/hamta/", views_insight.export_insight, name="export_insight"),
    path("<str:code>/uppgifter/", views_facts.unit_facts, name="unit_facts"),
    path("<str:code>/kontakt/", views_facts.contact_person, name="contact_person"),
    path("<str:code>/organisationsnummer/", views_facts.add_number, name="add_number"),
    path("<str:code>/organisationsnummer/<int:pk>/avsluta/", views_facts.end_number, name="end_number"),
    path("<str:code>/bjud-in/", views.invite, name="invite"),
    path("<str:code>/bjud-in/flera/", views_inviting.invite_many, name="invite_many"),
    path("<str:code>/inbjudan/<int:pk>/skicka-igen/", views.resend_invitation, name="resend_invitation"),
    path("<str:code>/bekrafta/", views.confirm_people, name="confirm_people"),
    path("<str:code>/lamna/", views.leave, name="leave"),
    path("<str:code>/inbjudan/<int:pk>/adress/", views.correct_address, name="correct_address"),
    path("<str:code>/inbjudan/<int:pk>/aterkalla/", views.revoke_invitation, name="revoke_invitation"),
    path("<str:code>/begaran/<int:pk>/", views_requests.answer_request, name="answer_request"),
    path("<str:code>/lamna-over/", views_handovers.hand_over, name="hand_over"),
    path("<str:code>/overlamning/<int:pk>/", views_handovers.answer_handover, name="answer_handover"),
    path("<str:code>/overlamning/<int:pk>/ta-tillbaka/", views_handovers.withdraw_handover, name="withdraw_handover"),
    path("<str:code>/person/<int:pk>/", views.member, name="member"),
    path("<str:code>/person/<int:pk>/avsluta/", views.end_membership, name="end_membership"),
]

"""The sign-up journey as a row: the browser holds only its random id (security note, section 3)."""

from __future__ import annotations

import secrets
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from config.lib.sealed import Seal


def new_journey_id() -> str:
    """128 random bits, URL-safe."""
    return secrets.token_urlsafe(16)


class SignUpJourney(models.Model):
    """One walk through the steps, from the address to the password. Deleted after 24 hours."""

    class State(models.TextChoices):
        """Where the walk stands; each state has its page."""

        CODE = "code", "Verifieringskod"
        VERIFIED = "verified", "Verifierad"
        CURRENT_PASSWORD = "current_password", "Nuvarande lösenord"
        ENROL = "enrol", "QR-kod"
        CHALLENGE = "challenge", "Engångskod"
        NEW_PASSWORD = "new_password", "Nytt lösenord"
        DONE = "done", "Klar"
        ENDED = "ended", "Avslutad"

    class Branch(models.TextChoices):
        """What the server decided after the e-mail code."""

        ENROL = "enrol", "Nytt konto"
        RESET = "reset", "Glömt lösenord"
        REENROL = "reenrol", "Ny telefon"

    SEALED: ClassVar = {"email_sealed": Seal("journey-email"), "secret_sealed": Seal("journey-totp")}

    id = models.CharField(primary_key=True, max_length=32, default=new_journey_id, editable=False)
    session_hmac = models.CharField(max_length=64)
    email_hmac = models.CharField(max_length=64, db_index=True)
    email_sealed = models.BinaryField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True)
    lane = models.CharField(max_length=10, default="strange")
    state = models.CharField(max_length=20, choices=State.choices, default=State.CODE)
    branch = models.CharField(max_length=10, choices=Branch.choices, blank=True)
    created_at = models.DateTimeField()
    verified_at = models.DateTimeField(null=True)
    secret_sealed = models.BinaryField(null=True)
    enrol_t = models.BigIntegerField(null=True)
    totp_failures = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["code", "done", "ended"]) | Q(verified_at__isnull=False),
                name="journey_verified_before_next_step",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["done", "ended"]) | Q(ended_at__isnull=False), name="journey_end_has_time"
            ),
            models.CheckConstraint(condition=Q(ended_at=None) | Q(secret_sealed=None), name="journey_end_wipes_secret"),
        ]

    def __str__(self) -> str:
        return f"Resa i läge {self.state}"


class EmailCode(models.Model):
    """A six-digit code sent by mail; only its keyed digest is kept."""

    journey = models.ForeignKey(SignUpJourney, on_delete=models.CASCADE, related_name="codes")
    digest = models.CharField(max_length=64)
    sent_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)
    replaced_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(attempts__lte=5), name="email_code_five_attempts"),
            models.UniqueConstraint(
                fields=["journey"], condition=Q(used_at=None, replaced_at=None), name="email_code_one_live_per_journey"
            ),
        ]

    def __str__(self) -> str:
        return "Verifieringskod"

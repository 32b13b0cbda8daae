"""The audit trail: append-only (database triggers refuse UPDATE, TRUNCATE and early DELETE), no foreign keys, no secrets."""

from __future__ import annotations

from django.db import models


class AuditEvent(models.Model):
    """Who did what to what, when. Never holds codes, passwords, personnummer or session keys."""

    at = models.DateTimeField("tid", db_index=True)
    code = models.CharField("händelse", max_length=60)
    actor_id = models.BigIntegerField("person-id", null=True)
    actor = models.CharField("vem", max_length=254, blank=True)
    subject_id = models.BigIntegerField("berörd person-id", null=True)
    unit = models.CharField("enhet", max_length=10, blank=True, db_index=True)
    object = models.CharField("vad", max_length=120, blank=True)
    result = models.CharField("utfall", max_length=120, blank=True)
    purpose = models.CharField("ändamål", max_length=200, blank=True)  # why somebody read or exported, in her own words
    request_id = models.CharField("anrop", max_length=32, blank=True)

    class Meta:
        verbose_name = "händelse"
        verbose_name_plural = "händelselogg"
        indexes = [
            models.Index(fields=["actor_id", "at"], name="audit_actor_at"),
            models.Index(fields=["subject_id", "at"], name="audit_subject_at"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.code}"


class AuditOrigin(models.Model):
    """Where an event's request came from; kept apart and only for 90 days."""

    event_id = models.BigIntegerField(unique=True)
    at = models.DateTimeField(db_index=True)
    address = models.CharField(max_length=45, blank=True)
    prefix = models.CharField(max_length=45, blank=True, db_index=True)  # the network: an IPv4 address or an IPv6 /56
    client = models.CharField(max_length=80, blank=True)

    def __str__(self) -> str:
        return self.client


class AuditLink(models.Model):
    """One link of the chain over the audit trail; `accounts.audit_chain` is the only writer. Never changed, never deleted."""

    position = models.BigIntegerField(primary_key=True)  # 1, 2, 3 … without gaps, in the order of sealing
    event_id = models.BigIntegerField(unique=True)
    digest = models.CharField(max_length=64)  # SHA-256 of the digest before and the event, hexadecimal
    at = models.DateTimeField()  # when it was sealed

    def __str__(self) -> str:
        return f"Länk {self.position}"

"""Changes of credentials that are under way: a new phone, a new address. Bound to the session that began them."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from config.lib.sealed import Seal


class DeviceSwap(models.Model):
    """The secret on offer to a new phone, while the old one still works. Gone once its code is verified."""

    SEALED: ClassVar = {"secret_sealed": Seal("device-swap", "user_id")}

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="device_swap")
    session_hmac = models.CharField(max_length=64)
    secret_sealed = models.BinaryField()
    created_at = models.DateTimeField()
    failures = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return "Byte av telefon"


class AddressChange(models.Model):
    """A code mailed to the address that a person wants to change to; kept and counted as an `EmailCode`."""

    SEALED: ClassVar = {"new_email_sealed": Seal("address-change", "user_id")}

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="address_changes")
    session_hmac = models.CharField(max_length=64)
    new_email_sealed = models.BinaryField()
    digest = models.CharField(max_length=64)
    sent_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)
    replaced_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(attempts__lte=5), name="address_change_five_attempts"),
            models.UniqueConstraint(
                fields=["user"], condition=Q(used_at=None, replaced_at=None), name="address_change_one_live_per_user"
            ),
        ]

    def __str__(self) -> str:
        return "Byte av e-post"

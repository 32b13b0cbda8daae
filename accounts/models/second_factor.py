"""The authenticator app of a user. How codes are matched is `accounts.totp`."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django_otp.models import Device

from accounts import totp
from config.lib.sealed import Seal


class TotpDevice(Device):
    """One app on one phone: secret sealed, each time step accepted once. A revoked row stays, its secret wiped."""

    SEALED: ClassVar = {"secret_sealed": Seal(totp.PURPOSE, "user_id")}

    secret_sealed = models.BinaryField(null=True)
    last_t = models.BigIntegerField(default=0)
    failures = models.PositiveSmallIntegerField(default=0)
    failed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=60, blank=True)

    class Meta:
        verbose_name = "autentiseringsapp"
        verbose_name_plural = "autentiseringsappar"
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(revoked_at=None), name="totp_device_one_active_per_user"),
            models.CheckConstraint(
                condition=Q(revoked_at=None, confirmed=True, secret_sealed__isnull=False)
                | Q(revoked_at__isnull=False, confirmed=False, secret_sealed=None),
                name="totp_device_revoked_is_wiped",
            ),
        ]

    def verify_is_allowed(self) -> tuple[bool, dict[str, object] | None]:
        """Whether a code may be tried now; the reason and the waiting time otherwise."""
        return totp.verify_is_allowed(self)

    def verify_token(self, token: str) -> bool:
        """Only ever called by `django_otp.verify_token`, which holds the row lock."""
        return totp.verify_token(self, token)

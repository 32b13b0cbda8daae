"""A person with an account. Rights at units are memberships in `profiles`; rights at SKR are the staff role."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.management import CommandError
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.roles import PERMISSIONS, StaffRole
from accounts.viewed import Viewing


class UserManager(BaseUserManager["User"]):
    """Users by their e-mail address."""

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").strip().lower())

    def create_superuser(self, **values: Any) -> User:
        """Nobody is made with a password: `manage.py createsuperuser` ends here."""
        raise CommandError("Konton skapas med invite_staff. Personen väljer själv sitt lösenord.")


class MailNotices(models.TextChoices):
    """When a mail tells of new messages. What it means for a person just now is `profiles.preferences.notice_choice`."""

    AT_ONCE = "at_once", "Direkt"
    DAILY = "daily", "En gång om dagen"
    OFF = "off", "Inte alls"


class User(AbstractBaseUser):  # type: ignore[django-manager-missing] # django-otp's devices have a manager of their own
    """One person. The password is unusable until the sign-up's last step sets it."""

    email = models.EmailField("e-post", max_length=254, unique=True, error_messages={"unique": "Adressen har redan ett konto."})
    name = models.CharField("namn", max_length=100, blank=True)
    phone = models.CharField("telefon", max_length=30, blank=True)
    staff_role = models.CharField("roll hos SKR", max_length=20, choices=StaffRole.choices, blank=True)
    mail_notices = models.CharField(
        "mejl om nya meddelanden", max_length=10, choices=MailNotices.choices, default=MailNotices.AT_ONCE, editable=False
    )
    is_active = models.BooleanField("aktiv", default=True)
    bounced_at = models.DateTimeField("mejl kom tillbaka", null=True, editable=False)
    session_epoch = models.PositiveIntegerField(default=0, editable=False)
    notice_version = models.PositiveIntegerField("godkänd informationstext", null=True, editable=False)
    notice_accepted_at = models.DateTimeField("godkänd", null=True, editable=False)
    created_at = models.DateTimeField("skapad", default=timezone.now, editable=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: list[str] = []  # type: ignore[misc] # an instance variable to mypy, a class variable to Django

    viewing: Viewing | None = None  # not kept: set on the request's user alone (accounts.viewing)

    objects = UserManager()

    class Meta:
        verbose_name = "person"
        verbose_name_plural = "personer"
        constraints = [models.CheckConstraint(condition=models.Q(email=Lower("email")), name="user_email_lower_case")]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def is_staff(self) -> bool:
        """True for SKR's own people, but while they see the portal as a unit does; the Django admin asks for it."""
        return bool(self.staff_role) and self.viewing is None

    @property
    def is_superuser(self) -> bool:
        """Nobody is: every right comes from a role."""
        return False

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Whether the staff role holds `perm` ("app.verb_model"). It rests while she sees the portal as a unit does."""
        return self.viewing is None and self.is_active and perm in PERMISSIONS.get(self.staff_role, ())

    def has_perms(self, perm_list: Any, obj: Any = None) -> bool:
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        return (
            self.viewing is None
            and self.is_active
            and any(p.startswith(f"{app_label}.") for p in PERMISSIONS.get(self.staff_role, ()))
        )

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Ends every session when the password or the epoch changes (ASVS 7.4.3); `secret` is an older SECRET_KEY."""
        value = f"{self.password}|{self.session_epoch}"
        return salted_hmac("accounts.User.session", value, secret=secret, algorithm="sha256").hexdigest()

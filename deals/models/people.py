"""How people come in and prove who they are: invitations, shared deals, second factors, addresses, sessions."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .crm import Account, Deal, Member


class Invitation(models.Model):
    """An invitation to join an account, by a link that works once. Only its digest is stored."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    name = models.CharField(max_length=200, blank=True, default="")
    role = models.CharField(max_length=10, choices=Member.Role, default=Member.Role.REP)
    digest = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(Member, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    # Why the mail could not be sent, "" if it was.
    problem = models.CharField(max_length=40, blank=True, default="")

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.email


class DealShare(models.Model):
    """A deal that a member sees who sees chosen ones alone."""

    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, related_name="shares")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="shared_deals")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["deal", "member"], name="deal_share_once")]

    def __str__(self) -> str:
        return f"{self.member_id} sees {self.deal_id}"


class SecondFactor(models.Model):
    """A member's authenticator app. The secret is sealed; `last_step` is the time step of the last code, used once."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="second_factor"
    )
    secret = models.TextField()
    confirmed_at = models.DateTimeField(null=True)
    last_step = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"second factor of {self.user_id}"


class RecoveryCode(models.Model):
    """A code that stands for the second factor once; only its digest is stored."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recovery_codes"
    )
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "digest"], name="recovery_code_once")]

    def __str__(self) -> str:
        return f"recovery code of {self.user_id}"


class PasskeyHandle(models.Model):
    """What authenticators know a user by: random, so that it says nothing about who that is."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="passkey_handle"
    )
    handle = models.CharField(max_length=100, unique=True)

    def __str__(self) -> str:
        return f"handle of {self.user_id}"


class Passkey(models.Model):
    """A passkey (WebAuthn credential): its public key and how often it says it was used. The private key never leaves its device."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="passkeys")
    name = models.CharField(max_length=60)
    credential_id = models.CharField(max_length=1400, unique=True)
    public_key = models.TextField()
    # 0 for ever where the authenticator does not count, as those that sync between devices.
    sign_count = models.BigIntegerField(default=0)
    transports = models.JSONField(default=list)
    added_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["added_at", "id"]

    def __str__(self) -> str:
        return self.name


class SignInIdentity(models.Model):
    """Who somebody is at the provider of the installation's single sign-on: the pair of issuer and subject, which never changes."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sign_in_identities"
    )
    issuer = models.CharField(max_length=255)
    subject = models.CharField(max_length=255)
    # As the provider said it last; it opens nothing.
    email = models.CharField(max_length=254, blank=True, default="")
    linked_at = models.DateTimeField()
    last_used_at = models.DateTimeField()

    class Meta:
        ordering = ["linked_at", "id"]
        constraints = [models.UniqueConstraint(fields=["issuer", "subject"], name="sign_in_identity_once")]

    def __str__(self) -> str:
        return f"{self.user_id} at {self.issuer}"


class EmailChange(models.Model):
    """An address that a person says is theirs, until they open the link that was sent there."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="email_changes")
    email = models.EmailField()
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.email


class SignedInSession(models.Model):
    """A browser in which somebody is signed in: when it began, when it was last used, and what it calls itself."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sessions")
    session_key = models.CharField(max_length=40, unique=True)
    browser = models.CharField(max_length=120, blank=True, default="")
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        ordering = ["-seen_at"]

    def __str__(self) -> str:
        return f"{self.user_id} since {self.began_at:%Y-%m-%d}"


class NotificationChoices(models.Model):
    """What a member wants to be notified of by mail, and when. Without a row: everything, at once, and no digest.

    Hours are of the member's own time zone. `muted` lists topics (notification_choices.TOPICS).
    """

    class Digest(models.TextChoices):
        NONE = "", _("No digest")
        DAILY = "daily", _("Every day")
        WEEKDAYS = "weekdays", _("Monday to Friday")
        WEEKLY = "weekly", _("Every Monday")

    member = models.OneToOneField(Member, on_delete=models.CASCADE, related_name="notification_choices")
    muted: Any = models.JSONField(default=list)
    quiet_from = models.PositiveSmallIntegerField(null=True)
    quiet_until = models.PositiveSmallIntegerField(null=True)
    is_quiet_at_weekends = models.BooleanField(default=False)
    digest = models.CharField(max_length=10, choices=Digest, blank=True, default=Digest.NONE)
    digest_hour = models.PositiveSmallIntegerField(default=8)
    next_digest_at = models.DateTimeField(null=True, db_index=True)

    def __str__(self) -> str:
        return f"choices of {self.member_id}"


class AccountEvent(models.Model):
    """Something an account's people did to the account itself: who, when, and what it was before. Never changed, never removed.

    `data` has "what" it is about and, for each changed thing, before and after. An erased person stays as their key alone.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="events", db_index=False)
    occurred_at = models.DateTimeField()
    kind = models.CharField(max_length=40)
    actor = models.ForeignKey(Member, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    data = models.JSONField(default=dict)

    class Meta:
        ordering = ["-occurred_at", "-id"]
        indexes = [models.Index(fields=["account", "-occurred_at", "-id"], name="account_event_newest")]

    def __str__(self) -> str:
        return self.kind

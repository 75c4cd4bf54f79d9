"""How other programs reach an account: API tokens, CRMs that embed its pages, and what keeps their requests single."""

import secrets
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from knox.models import AbstractAuthToken

from .crm import Account, Deal, Member


def new_issuer() -> str:
    """Return an unguessable name for an integration."""
    return f"crm_{secrets.token_hex(8)}"


class ApiToken(AbstractAuthToken):  # type: ignore[misc]
    """A token of the REST API. Only its digest is stored; it acts as the member who made it, within its rights."""

    class Rights(models.TextChoices):
        READ = "read", _("Read")
        PUSH = "push", _("Read, and write deals")
        INVOICE = "invoice", _("Read, write deals, create and change invoices")

    name = models.CharField(max_length=80)
    rights = models.CharField(max_length=10, choices=Rights, default=Rights.READ)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created"]

    def __str__(self) -> str:
        return self.name

    @property
    def may_push(self) -> bool:
        """Whether it may write deals and what they name."""
        return self.rights in {self.Rights.PUSH, self.Rights.INVOICE}

    @property
    def may_invoice(self) -> bool:
        """Whether it may create, void, delete and send invoices."""
        return self.rights == self.Rights.INVOICE


class EmbedIntegration(models.Model):
    """A CRM that shows the deal's invoices in a frame of its own and says by a signed token who looks at what.

    `issuer` is the token's "iss". The secret is sealed (crm_invoicing/encryption.py); `origins` are the addresses that may
    hold the frame, and nobody else.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="integrations")
    name = models.CharField(max_length=80)
    issuer = models.CharField(max_length=40, unique=True, default=new_issuer)
    secret = models.TextField()
    origins: Any = models.JSONField(default=list)
    # Whether people whom the CRM vouches for become members at their first visit.
    admits_members = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class MemberIdentity(models.Model):
    """Who a member is in an embedding CRM."""

    integration = models.ForeignKey(EmbedIntegration, on_delete=models.CASCADE, related_name="identities")
    external_id = models.CharField(max_length=120)
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="identities")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["integration", "external_id"], name="identity_once")]

    def __str__(self) -> str:
        return f"{self.external_id} is {self.member}"


class SpentContext(models.Model):
    """The one-time id of a signed token that was used, kept until the token is expired anyway."""

    integration = models.ForeignKey(EmbedIntegration, on_delete=models.CASCADE, related_name="+")
    token_id = models.CharField(max_length=120)
    used_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["integration", "token_id"], name="context_once")]

    def __str__(self) -> str:
        return self.token_id


class EmbedSession(models.Model):
    """One frame: who looks at which deal, and until when.

    It begins with a one-time code in the frame's address, which the page exchanges for a token that it keeps in memory.
    Of both only digests are stored. `session_key` names the server's session of the frame; it is never sent to anybody.
    """

    integration = models.ForeignKey(EmbedIntegration, on_delete=models.CASCADE, related_name="sessions")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, null=True, related_name="+")
    # Unique where there is one, so none is NULL.
    code_digest = models.CharField(max_length=64, unique=True, null=True)  # noqa: DJ001
    token_digest = models.CharField(max_length=64, unique=True, null=True)  # noqa: DJ001
    session_key = models.CharField(max_length=40, blank=True, default="")
    place = models.CharField(max_length=20, default="panel")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.member} until {self.expires_at:%H:%M}"


class ApiRequest(models.Model):
    """A request with an idempotency key, and its answer: repeated, it gives the same answer and does nothing."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=120)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body: Any = models.JSONField(null=True)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "key"], name="api_request_once")]

    def __str__(self) -> str:
        return self.key


class ImportFile(models.Model):
    """A CSV file that somebody is about to import: its columns and rows, and which column fills what."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=12)
    name = models.CharField(max_length=120, blank=True, default="")
    columns: Any = models.JSONField(default=list)
    rows: Any = models.JSONField(default=list)
    mapping: Any = models.JSONField(default=dict)
    is_comma_decimal = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.name

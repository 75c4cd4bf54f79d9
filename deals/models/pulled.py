"""Deals that are read from another CRM: how far each copy goes, who may see it there, and what is to be written back."""

from typing import Any

from django.db import models

from .access import EmbedIntegration, MemberIdentity
from .crm import Account, Deal, Member


class PipedriveCompany(models.Model):
    """A Pipedrive company that an account works in; it stays when the app is uninstalled and is found again.

    `integration` carries its people and frames. `blocked_until` is the time before which its API is not asked, because it
    said so. The four fields name deal fields of Pipedrive that follow the invoices, "" for none.
    """

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="pipedrive")
    integration = models.OneToOneField(EmbedIntegration, on_delete=models.CASCADE, related_name="pipedrive")
    company_id = models.BigIntegerField(unique=True)
    name = models.CharField(max_length=200)
    api_domain = models.CharField(max_length=200)
    installed_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)
    # The secret part of the webhook's address, and what the webhook signs in with (sealed).
    webhook_key = models.CharField(max_length=64, unique=True)
    webhook_password = models.TextField(blank=True, default="")
    webhook_ids: Any = models.JSONField(default=list)
    fields_read_at = models.DateTimeField(null=True)
    blocked_until = models.DateTimeField(null=True)
    # When people, fields and webhooks were last seen to; the next time is `set_up_due_at`.
    set_up_at = models.DateTimeField(null=True)
    set_up_due_at = models.DateTimeField(null=True, db_index=True)
    # Since when notes are written on deals; None while they are not wanted.
    notes_since = models.DateTimeField(null=True)
    status_field = models.CharField(max_length=60, blank=True, default="")
    invoiced_field = models.CharField(max_length=60, blank=True, default="")
    paid_field = models.CharField(max_length=60, blank=True, default="")
    outstanding_field = models.CharField(max_length=60, blank=True, default="")

    def __str__(self) -> str:
        return self.name


class PipedriveToken(models.Model):
    """What a person who installed the app may do in Pipedrive. Both tokens are sealed (crm_invoicing/encryption.py).

    `lease_until` keeps two processes from refreshing at once. A token that Pipedrive refuses for good is `broken_at`.
    """

    identity = models.OneToOneField(MemberIdentity, on_delete=models.CASCADE, related_name="pipedrive_token")
    access_token = models.TextField(blank=True, default="")
    refresh_token = models.TextField(blank=True, default="")
    scope = models.TextField(blank=True, default="")
    is_admin = models.BooleanField(default=False)
    expires_at = models.DateTimeField()
    refreshed_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    broken_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"token of {self.identity}"


class CrmCopy(models.Model):
    """How far our copy of another CRM's deal goes. `problem` says why it could not be read last time, "" if it could."""

    deal = models.OneToOneField(Deal, on_delete=models.CASCADE, related_name="crm_copy")
    read_at = models.DateTimeField(null=True)
    lines_read_at = models.DateTimeField(null=True)
    # The CRM said that something changed, and it was not read since.
    changed_at = models.DateTimeField(null=True, db_index=True)
    problem = models.CharField(max_length=40, blank=True, default="")

    def __str__(self) -> str:
        return f"copy of {self.deal_id}"


class CrmPermission(models.Model):
    """When the CRM last showed a deal to a member; while it cannot be asked, that holds for a while."""

    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, related_name="+")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["deal", "member"], name="crm_permission_once")]

    def __str__(self) -> str:
        return f"{self.member_id} saw {self.deal_id}"


class CrmEvent(models.Model):
    """A webhook event that was taken, so that a repeated one is not taken again."""

    integration = models.ForeignKey(EmbedIntegration, on_delete=models.CASCADE, related_name="+")
    event_id = models.CharField(max_length=80)
    received_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["integration", "event_id"], name="crm_event_once")]

    def __str__(self) -> str:
        return self.event_id


class CrmWrite(models.Model):
    """A note, or the values of a deal's fields, that are to be written into another CRM: each `key` of a deal once.

    One that is SENDING after its `lease_until` may have arrived: the CRM is asked before it is sent again.
    """

    class State(models.TextChoices):
        DUE = "due"
        SENDING = "sending"
        DONE = "done"
        FAILED = "failed"
        # What was there before notes were switched on: never sent.
        SKIPPED = "skipped"

    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, related_name="crm_writes")
    key = models.CharField(max_length=80)
    body: Any = models.JSONField(default=dict)
    sent_body: Any = models.JSONField(null=True)
    state = models.CharField(max_length=8, choices=State, default=State.DUE)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    problem = models.CharField(max_length=40, blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["deal", "key"], name="crm_write_once")]
        indexes = [models.Index(fields=["state", "due_at"], name="crm_write_due")]

    def __str__(self) -> str:
        return f"{self.key} of {self.deal_id}"

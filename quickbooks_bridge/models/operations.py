"""What an installation keeps about itself: what QuickBooks' reads cost, what could not be read, whom to tell."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from deals.models import Account, Member

from .company import Company


class ApiUsage(models.Model):
    """How many calls were made for a company on a day; QuickBooks meters reads by the month, writes are free."""

    class Purpose(models.TextChoices):
        PERSON = "person", _("People's own actions")
        BACKGROUND = "background", _("Keeping up to date")

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    purpose = models.CharField(max_length=10, choices=Purpose)
    reads = models.PositiveIntegerField(default=0)
    writes = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "day", "purpose"], name="one_count_per_day")
        ]
        indexes = [models.Index(fields=["day"], name="call_count_by_day")]

    def __str__(self) -> str:
        return f"{self.company_id} {self.day}: {self.reads} reads"


class SyncLatencyHour(models.Model):
    """How long changes of invoices took to show here in one hour; written only when something changed.

    Seconds run from QuickBooks' own time of the change to its own time of the answer that brought it, so that clocks
    which differ do no harm.
    """

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+")
    # The beginning of the hour, in UTC.
    hour = models.DateTimeField()
    changes = models.PositiveIntegerField(default=0)
    total_seconds = models.PositiveBigIntegerField(default=0)
    max_seconds = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "hour"], name="one_row_per_hour")]

    def __str__(self) -> str:
        return f"{self.company_id} {self.hour:%Y-%m-%d %H}: {self.changes} changes"


class Outage(models.Model):
    """A time in which a company could not be read: from the first try that failed to the next that worked.

    `problem` is a code of messages/. What changed meanwhile is here by `ended_at`.
    """

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+")
    problem = models.CharField(max_length=40, blank=True, default="")
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    # Admins who want to know of long ones were told.
    notified_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company"], condition=Q(ended_at__isnull=True), name="one_open_outage"
            )
        ]
        indexes = [models.Index(fields=["company", "-began_at"], name="outage_newest")]

    def __str__(self) -> str:
        return f"{self.company_id}: {self.problem} since {self.began_at:%Y-%m-%d %H:%M}"


class UnreadableObject(models.Model):
    """An object of QuickBooks' that could not be understood; everything beside it was applied."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+")
    entity = models.CharField(max_length=40)
    qbo_id = models.CharField(max_length=30)
    reason = models.CharField(max_length=80)
    # QuickBooks' own time of the state that was not understood; none where even that could not be read.
    changed_at = models.DateTimeField(null=True)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    retried_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "entity", "qbo_id"], name="unreadable_once")
        ]

    def __str__(self) -> str:
        return f"{self.entity} {self.qbo_id}: {self.reason}"


class Notification(models.Model):
    """A message to a person that must go out once: decided in a row, sent by the dispatch, tried again until sent."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    # The same key never makes a second notice: what it is about, and the occurrence.
    key = models.CharField(max_length=120, unique=True)
    data: Any = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    next_try_at = models.DateTimeField(null=True, db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    # Not sent on purpose: its reader does not want it, or it was about something that is over by now.
    is_skipped = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.kind} to {self.member}"


class UnreadableEvents(models.Model):
    """How many events of genuine webhooks could not be read on a day; `realm_id` is empty where no company is known.

    Nothing is lost by one: each company is polled besides.
    """

    realm_id = models.CharField(max_length=40, blank=True, default="")
    day = models.DateField()
    count = models.PositiveIntegerField(default=0)
    last_seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["realm_id", "day"], name="unread_events_once")]

    def __str__(self) -> str:
        return f"{self.realm_id or 'unknown'} {self.day}: {self.count}"


class ReadsBlock(models.Model):
    """A time in which QuickBooks refused all metered reads of this installation; one at a time is open."""

    # The same for all, so that a unique index allows one open row.
    scope = models.CharField(max_length=10, default="all")
    began_at = models.DateTimeField()
    next_probe_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    # Whether QuickBooks said so in words; False where it only looks so.
    is_said = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["scope"], condition=Q(ended_at__isnull=True), name="one_open_reads_block"
            )
        ]

    def __str__(self) -> str:
        return f"reads blocked since {self.began_at:%Y-%m-%d %H:%M}"

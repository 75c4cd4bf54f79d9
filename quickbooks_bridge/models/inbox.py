"""What people decided about issues that need somebody, and the chat channels that are notified of them."""

from typing import Any

from django.db import models
from django.db.models import Q

from deals.models import Account, Member


class ActionItem(models.Model):
    """An issue (needs_action.Issue) as it is known here: since when, who has it, until when it is snoozed, how it ended.

    Only one row of a key is live: `gone_at` is None for as long as the issue is there. Solved by a person it stays
    hidden while it is live, whatever the rows say; once it was gone, or its occurrence is another, a new row begins.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=60)
    kind = models.CharField(max_length=30)
    occurrence = models.CharField(max_length=80, blank=True, default="")
    # What it is about by name: a deal's title, an invoice's number.
    subject = models.CharField(max_length=200, blank=True, default="")
    opened_at = models.DateTimeField()
    assigned_to = models.ForeignKey(Member, on_delete=models.SET_NULL, null=True, related_name="+")
    assigned_by = models.ForeignKey(
        Member, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    snoozed_until = models.DateTimeField(null=True)
    solved_at = models.DateTimeField(null=True)
    # None where it ended by itself.
    solved_by = models.ForeignKey(
        Member, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    gone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "key"], condition=Q(gone_at__isnull=True), name="one_live_action_item"
            )
        ]
        indexes = [models.Index(fields=["account", "-solved_at"], name="action_item_solved")]

    def __str__(self) -> str:
        return f"{self.account_id}: {self.key}"


class ChatChannel(models.Model):
    """A channel of a chat program that gets new issues by an incoming webhook. Its address is a secret, and sealed.

    `muted` lists the topics it does not get; `problem` is why the address takes nothing any more, "" while it does.
    """

    class Kind(models.TextChoices):
        SLACK = "slack", "Slack"
        TEAMS = "teams", "Microsoft Teams"

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    address = models.TextField()
    language = models.CharField(max_length=10, blank=True, default="")
    muted: Any = models.JSONField(default=list)
    added_by = models.ForeignKey(Member, on_delete=models.SET_NULL, null=True, related_name="+")
    added_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=40, blank=True, default="")
    problem_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.kind} of {self.account_id}"


class ChatMessage(models.Model):
    """A message to a channel that must go out once: decided in a row, sent by the dispatch, tried again until sent."""

    channel = models.ForeignKey(ChatChannel, on_delete=models.CASCADE, related_name="messages")
    # The same key never makes a second message.
    key = models.CharField(max_length=120, unique=True)
    # {"title": …, "lines": [[text, path], …]}
    data: Any = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    next_try_at = models.DateTimeField(null=True, db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.key} to {self.channel_id}"

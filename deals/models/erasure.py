"""Erasures of personal data: who asked for one, how far it is, and what was removed; never whom it was about."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from .crm import Account, Member


class Erasure(models.Model):
    """One person's erasure. `subject` is sealed while it runs, and emptied when it is done.

    `step`, `last_key` and `counts` are written in the transaction that erases, so that a run which was interrupted goes on
    where it was and counts each row once.
    """

    class State(models.TextChoices):
        RUNNING = "running", _("Being erased")
        DONE = "done", _("Erased")

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="erasures")
    number = models.PositiveIntegerField()
    # What stands where the name was.
    label = models.CharField(max_length=80)
    subject = models.TextField(blank=True, default="")
    state = models.CharField(max_length=8, choices=State, default=State.RUNNING)
    asked_by = models.ForeignKey(Member, on_delete=models.SET_NULL, null=True, related_name="+")
    # The declaration that is worked on, the last row of it, and how often all of them were gone through.
    step = models.PositiveIntegerField(default=0)
    last_key = models.CharField(max_length=128, blank=True, default="")
    passes = models.PositiveSmallIntegerField(default=0)
    is_clean = models.BooleanField(default=True)
    counts: Any = models.JSONField(default=dict)
    began_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["account", "number"], name="erasure_number_once")]
        indexes = [
            models.Index(fields=["began_at"], condition=models.Q(state="running"), name="erasure_running")
        ]

    def __str__(self) -> str:
        return self.label

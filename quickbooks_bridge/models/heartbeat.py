"""A sign of life of the schedule, so that every process can tell whether background work runs."""

from django.db import models


class Heartbeat(models.Model):
    """When something last ran, by its name."""

    name = models.CharField(max_length=40, primary_key=True)
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} at {self.beat_at:%Y-%m-%d %H:%M:%S}"

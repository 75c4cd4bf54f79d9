"""The keys of this installation's Intuit app, where they are not given by the environment."""

from django.db import models

from deals.models import Member


class InstallationKeys(models.Model):
    """Client id and secret of the Intuit app, both sealed; one row at most. The environment's own win over them."""

    client_id = models.TextField()
    client_secret = models.TextField()
    stored_at = models.DateTimeField()
    stored_by = models.ForeignKey(Member, on_delete=models.SET_NULL, null=True, related_name="+")

    def __str__(self) -> str:
        return f"keys of {self.stored_at:%Y-%m-%d}"

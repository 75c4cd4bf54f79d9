"""Encrypt all stored tokens with the first of TOKEN_ENCRYPTION_KEYS, while everything runs."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from quickbooks_bridge.models import Connection
from quickbooks_bridge.services.connections.tokens import tokens_rotate


class Command(BaseCommand):
    """Go through all connections; exit 1 when a token could be read with none of the keys."""

    help = "Encrypt all stored QuickBooks tokens with the first of TOKEN_ENCRYPTION_KEYS. Web and worker may run meanwhile."

    def handle(self, *args: Any, **options: Any) -> None:
        """Say how many were encrypted anew and how many no key reads."""
        keys = list(Connection.objects.exclude(refresh_token="").values_list("pk", flat=True))
        done = sum(tokens_rotate(pk) for pk in keys)
        self.stdout.write(f"{done} of {len(keys)} connections are encrypted with the first key.")
        if done < len(keys):
            raise CommandError(f"{len(keys) - done} could not be read with any key of TOKEN_ENCRYPTION_KEYS")

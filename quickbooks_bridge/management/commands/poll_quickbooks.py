"""Ask QuickBooks for changes once, now."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from quickbooks_bridge.models import Connection
from quickbooks_bridge.services.index import connection_load, connection_sync


class Command(BaseCommand):
    """Ask for every active company, whatever is due."""

    help = "Ask QuickBooks for changes of every connected company once."

    def handle(self, *args: Any, **options: Any) -> None:
        """Say per company whether it answered."""
        for connection in Connection.objects.filter(status=Connection.Status.ACTIVE).select_related(
            "account"
        ):
            now = timezone.now()
            is_loaded = connection.import_state == Connection.Import.DONE
            worked = (connection_sync if is_loaded else connection_load)(connection, now=now)
            self.stdout.write(
                f"{connection.company_name}: {'in step' if worked else 'no answer, tried again later'}"
            )

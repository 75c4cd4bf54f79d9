"""Ask QuickBooks for changes once, now."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from quickbooks_bridge.models import Connection, SyncState
from quickbooks_bridge.services.sync.company import initial_import, sync_company


class Command(BaseCommand):
    """Ask for every active company, whatever is due; exit 1 when one did not answer."""

    help = "Ask QuickBooks for changes of every connected company once. Exits 1 when one did not answer."

    def handle(self, *args: Any, **options: Any) -> None:
        """Say per company whether it answered."""
        silent = 0
        connections = Connection.objects.exclude(status=Connection.Status.DISCONNECTED)
        for connection in connections.select_related("account"):
            result, has_worked = self._ask(connection)
            silent += not has_worked
            self.stdout.write(f"{connection.company.name or connection.company.realm_id}: {result}")
        if not connections:
            self.stdout.write("No company is connected.")
        if silent:
            raise CommandError(f"{silent} not up to date; python manage.py doctor says why")

    def _ask(self, connection: Connection) -> tuple[str, bool]:
        now = timezone.now()
        if not connection.is_active:
            return "needs its owner to connect again", False
        is_loaded = connection.company.sync.import_state == SyncState.Import.DONE
        if (sync_company if is_loaded else initial_import)(connection, now=now):
            return "up to date", True
        connection.refresh_from_db()
        lease = (
            connection.company.sync.sync_lease_until
            if is_loaded
            else connection.company.sync.import_lease_until
        )
        if lease and lease > now and not connection.company.sync.last_error:
            return "is being asked by the worker already", True
        return f"no answer ({connection.company.sync.last_error or 'unknown'}), tried again later", False

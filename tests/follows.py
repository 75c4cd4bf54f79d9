"""State plus events equals a fresh fetch: what every service that changes invoices has to leave behind."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from quickbooks_bridge.models import Connection, InvoiceEvent
from quickbooks_bridge.selectors.connections import company_today
from quickbooks_bridge.services.sync.company import sync_company
from soak.compared import mirrored, said_by_quickbooks
from tests.emulator_process import EmulatorProcess


@contextmanager
def follows(connection: Connection, qbo: EmulatorProcess) -> Iterator[None]:
    """Fail unless the block changes something, each changed invoice has an event, and all is as QuickBooks holds it."""
    today = company_today(connection, now=datetime.now(UTC))
    before = mirrored(connection, today=today)
    newest = InvoiceEvent.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    yield
    assert sync_company(connection, now=datetime.now(UTC))
    after = mirrored(connection, today=today)
    assert after != before, "nothing changed"
    held = qbo.control("GET", f"/control/{connection.company.realm_id}/dump")
    assert after == said_by_quickbooks(held, today=today)
    changed = {
        qbo_id
        for kind, qbo_id in before.keys() | after.keys()
        if kind == "invoice" and before.get((kind, qbo_id)) != after.get((kind, qbo_id))
    }
    with_event = set(InvoiceEvent.objects.filter(pk__gt=newest).values_list("invoice__qbo_id", flat=True))
    assert changed <= with_event, "a change without an event"

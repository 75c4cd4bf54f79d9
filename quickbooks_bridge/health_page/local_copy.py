"""How much of the company stands here, and whether it was the same when somebody had it compared."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import CharField, Count, Value
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from quickbooks_bridge.messages.times import time_text
from quickbooks_bridge.models import Connection, Customer, Invoice, Item, Payment, SyncState, TaxCode, Term

from .components import grouped


@dataclass(frozen=True)
class LocalCopy:
    """Counts by subject, and the last full comparison in words."""

    counts: dict[str, int]
    rows: list[tuple[str, str]]
    compared: str
    reconcile_differences: str
    note: str
    is_asked: bool
    may_ask: bool


def local_copy(connection: Connection, *, now: datetime) -> LocalCopy:
    """Count what is mirrored of the company, in one statement."""
    counts = _counts(connection)
    rows = [
        (_("Invoices"), counts["invoices"]),
        (_("Payments"), counts["payments"]),
        (_("Customers"), counts["customers"]),
        (_("Products"), counts["items"]),
        (_("Tax codes, terms"), counts["taxes"] + counts["terms"]),
    ]
    at, found = connection.company.sync.reconciled_at, connection.company.sync.reconcile_differences
    if at is None:
        note = _(
            "Read in full when it was connected, and kept up to date since. Nobody has had it compared yet."
        )
    elif found:
        note = ngettext("It was put right at once.", "They were put right at once.", found)
    else:
        note = ""
    return LocalCopy(
        counts,
        [(label, grouped(count)) for label, count in rows],
        time_text(at, connection, now=now) if at else "",
        grouped(found or 0) if at else "",
        note,
        connection.company.sync.reconcile_requested_at is not None,
        connection.is_active and connection.company.sync.import_state == SyncState.Import.DONE,
    )


def _counts(connection: Connection) -> dict[str, int]:
    parts = [
        model._default_manager.filter(company=connection.company_id, **more)
        .order_by()
        .values("company")
        .annotate(what=Value(name, output_field=CharField()), number=Count("pk"))
        .values_list("what", "number")
        for name, model, more in (
            ("invoices", Invoice, {"is_deleted": False}),
            ("payments", Payment, {"is_deleted": False}),
            ("customers", Customer, {}),
            ("items", Item, {}),
            ("taxes", TaxCode, {}),
            ("terms", Term, {}),
        )
    ]
    found = dict.fromkeys(("invoices", "payments", "customers", "items", "taxes", "terms"), 0)
    found.update(dict(parts[0].union(*parts[1:], all=True)))
    return found

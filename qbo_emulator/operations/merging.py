"""Merging two customers, as a person does in QuickBooks' own pages by giving one the name of the other."""

from __future__ import annotations

from datetime import datetime

from qbo_emulator.core.field_values import amount_out, reference, reference_id, stored
from qbo_emulator.core.rows import Row
from qbo_emulator.core.store import Company
from qbo_emulator.entities import ENTITY_TYPES
from qbo_emulator.faults import errors
from qbo_emulator.operations import engine


def merge_customers(company: Company, gone: Row, kept: Row, now: datetime) -> Row:
    """Return the customer that stays, after everything of the other became its own.

    The transactions name it from then on, without a new sync token; the other one is inactive and owes nothing. One
    event tells of it: Merge, with the id that is gone. 6000 for customers of two currencies or one and the same.
    """
    if gone.qbo_id == kept.qbo_id:
        raise errors.business("A customer cannot be merged with itself.")
    if reference_id(gone.data.get("CurrencyRef")) != reference_id(kept.data.get("CurrencyRef")):
        raise errors.business("Customers of two currencies cannot be merged.")
    named = reference(kept)
    for table in company.tables.values():
        if "CustomerRef" not in table.order:
            continue
        for row in list(table.rows.values()):
            if reference_id(row.data.get("CustomerRef")) == gone.qbo_id:
                company.rewrite(row, {"CustomerRef": named}, now, bump=False)
    owed = {name: stored(gone.data.get(name)) for name in ("Balance", "BalanceWithJobs")}
    sums = {name: amount_out(stored(kept.data.get(name)) + owes) for name, owes in owed.items()}
    company.rewrite(gone, dict.fromkeys(owed, 0), now, bump=False)
    engine.save(
        company,
        ENTITY_TYPES["Customer"],
        {"Id": gone.qbo_id, "Active": False},
        now,
        engine.Options(via_ui=True, quiet=True),
    )
    after = company.rewrite(kept, sums, now)
    company.emit(after, "Merge", now, deleted_id=gone.qbo_id)
    return after

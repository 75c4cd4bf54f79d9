"""The register of all entities and their rules."""

from __future__ import annotations

from qbo_emulator.core.rows import Table
from qbo_emulator.core.schema import EntityType
from qbo_emulator.entities.accounts import ACCOUNT_KINDS
from qbo_emulator.entities.attachments import ATTACHMENT_KINDS
from qbo_emulator.entities.bank import BANK_KINDS
from qbo_emulator.entities.bill_payments import BILL_PAYMENT_KINDS
from qbo_emulator.entities.company import COMPANY_KINDS
from qbo_emulator.entities.currency import CURRENCY_KINDS
from qbo_emulator.entities.invoices import INVOICE_KINDS
from qbo_emulator.entities.items import ITEM_KINDS
from qbo_emulator.entities.lists import LIST_KINDS
from qbo_emulator.entities.names import NAME_KINDS
from qbo_emulator.entities.payments import PAYMENT_KINDS
from qbo_emulator.entities.purchases import PURCHASE_KINDS
from qbo_emulator.entities.receipts import RECEIPT_KINDS
from qbo_emulator.entities.recurring import RECURRING_KINDS
from qbo_emulator.entities.taxes import TAX_KINDS
from qbo_emulator.entities.time_activities import TIME_KINDS

ENTITY_TYPES: dict[str, EntityType] = {
    kind.name: kind
    for kinds in (
        COMPANY_KINDS,
        ACCOUNT_KINDS,
        NAME_KINDS,
        ITEM_KINDS,
        LIST_KINDS,
        TAX_KINDS,
        CURRENCY_KINDS,
        INVOICE_KINDS,
        RECEIPT_KINDS,
        PAYMENT_KINDS,
        PURCHASE_KINDS,
        BILL_PAYMENT_KINDS,
        BANK_KINDS,
        TIME_KINDS,
        ATTACHMENT_KINDS,
        RECURRING_KINDS,
    )
    for kind in kinds
}

BY_SEGMENT: dict[str, EntityType] = {kind.segment: kind for kind in ENTITY_TYPES.values()}


def empty_tables() -> dict[str, Table]:
    """A table for every kind, with the indexes its rules name."""
    return {
        name: Table(name, indexed=kind.indexed, label=kind.label, columns=kind.columns, order=kind.order)
        for name, kind in ENTITY_TYPES.items()
    }

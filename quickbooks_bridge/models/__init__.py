"""The rows of the QuickBooks side, one module per subject."""

from .catalogue import Customer, Item, TaxCode, Term
from .connection import Connection, InvoicingSettings, OAuthState, Preset
from .heartbeat import Heartbeat
from .inbox import WebhookEvent
from .invoices import Invoice, InvoiceEvent, InvoiceIntent, KeptDraft, Payment
from .links import CustomerLink, ItemLink
from .voids import VoidRun

__all__ = [
    "Connection",
    "Customer",
    "CustomerLink",
    "Heartbeat",
    "Invoice",
    "InvoiceEvent",
    "InvoiceIntent",
    "InvoicingSettings",
    "Item",
    "ItemLink",
    "KeptDraft",
    "OAuthState",
    "Payment",
    "Preset",
    "TaxCode",
    "Term",
    "VoidRun",
    "WebhookEvent",
]

"""The rows of the QuickBooks side, one module per subject."""

from .catalogue import Customer, Item, TaxCode, Term
from .connection import Connection, InvoicingSettings, OAuthState, Preset
from .heartbeat import Heartbeat
from .inbox import WebhookEvent
from .invoices import Invoice, InvoiceEvent, InvoiceIntent, KeptDraft, Payment
from .links import CustomerLink, ItemLink
from .marks import DealMark
from .voids import VoidRun
from .watch import CallCount, Notice, Outage, ParkedObject, ReadsBlock, SyncHour, UnreadEvents

__all__ = [
    "CallCount",
    "Connection",
    "Customer",
    "CustomerLink",
    "DealMark",
    "Heartbeat",
    "Invoice",
    "InvoiceEvent",
    "InvoiceIntent",
    "InvoicingSettings",
    "Item",
    "ItemLink",
    "KeptDraft",
    "Notice",
    "OAuthState",
    "Outage",
    "ParkedObject",
    "Payment",
    "Preset",
    "ReadsBlock",
    "SyncHour",
    "TaxCode",
    "Term",
    "UnreadEvents",
    "VoidRun",
    "WebhookEvent",
]

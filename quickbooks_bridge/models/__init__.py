"""The rows of the QuickBooks side, one module per subject."""

from .catalog import Customer, ExchangeRate, Item, Location, SalesClass, TaxCode, Term
from .company import Company, SyncState
from .connection import Connection, InvoicePreset, InvoicingSettings, OAuthState
from .deal_versions import DealVersion
from .heartbeat import Heartbeat
from .inbox import ActionItem, ChatChannel, ChatMessage
from .invoices import (
    CreditMemo,
    Invoice,
    InvoiceAttachment,
    InvoiceEvent,
    InvoiceIntent,
    InvoiceRecord,
    Payment,
    SavedDraft,
)
from .keys import InstallationKeys
from .links import CustomerLink, DealReadiness, ItemLink
from .operations import (
    ApiUsage,
    Notification,
    Outage,
    ReadsBlock,
    SyncLatencyHour,
    UnreadableEvents,
    UnreadableObject,
)
from .voids import VoidOperation
from .webhooks import WebhookEvent
from .written_back import DealReport

__all__ = [
    "ActionItem",
    "ApiUsage",
    "ChatChannel",
    "ChatMessage",
    "Company",
    "Connection",
    "CreditMemo",
    "Customer",
    "CustomerLink",
    "DealReadiness",
    "DealReport",
    "DealVersion",
    "ExchangeRate",
    "Heartbeat",
    "InstallationKeys",
    "Invoice",
    "InvoiceAttachment",
    "InvoiceEvent",
    "InvoiceIntent",
    "InvoicePreset",
    "InvoiceRecord",
    "InvoicingSettings",
    "Item",
    "ItemLink",
    "Location",
    "Notification",
    "OAuthState",
    "Outage",
    "Payment",
    "ReadsBlock",
    "SalesClass",
    "SavedDraft",
    "SyncLatencyHour",
    "SyncState",
    "TaxCode",
    "Term",
    "UnreadableEvents",
    "UnreadableObject",
    "VoidOperation",
    "WebhookEvent",
]

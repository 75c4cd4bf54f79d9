"""The six flags, derived from facts: QuickBooks has no status field."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from .remote import RemoteInvoice


class Status(StrEnum):
    """What an invoice is, in the words of its flag; `UNCONFIRMED` is ours alone."""

    OPEN = "open"
    PARTIALLY_PAID = "partially_paid"
    PAID = "paid"
    OVERDUE = "overdue"
    VOIDED = "voided"
    DELETED = "deleted"
    UNCONFIRMED = "unconfirmed"


@dataclass(frozen=True)
class InvoiceFacts:
    """What the status follows from. Money is in the invoice's currency."""

    total: Decimal
    balance: Decimal
    due_date: date | None
    deposit: Decimal = Decimal(0)
    is_voided: bool = False
    is_deleted: bool = False


def derive_status(facts: InvoiceFacts, *, today: date) -> Status:
    """Return the flag. Voided is asked before paid: a voided invoice has total and balance zero.

    A deposit alone lowers the balance without any payment, so an invoice is part-paid only below total - deposit.
    Lateness begins the day after the due date and wins over part-paid.
    """
    if facts.is_deleted:
        return Status.DELETED
    if facts.is_voided:
        return Status.VOIDED
    if facts.balance <= 0:
        return Status.PAID
    if facts.due_date is not None and facts.due_date < today:
        return Status.OVERDUE
    if facts.balance < facts.total - facts.deposit:
        return Status.PARTIALLY_PAID
    return Status.OPEN


def paid_share(facts: InvoiceFacts) -> int:
    """Return how much is paid in percent: never 0 when something is, never 100 while something is open."""
    if facts.is_deleted or facts.is_voided or facts.total <= 0:
        return 0
    if facts.balance <= 0:
        return 100
    paid = facts.total - facts.balance
    if paid <= 0:
        return 0
    return min(99, max(1, int(paid * 100 / facts.total)))


def is_void(remote: RemoteInvoice, *, earlier_total: Decimal, was_voided: bool) -> bool:
    """Return whether all amounts are gone because the invoice was voided.

    The note's marker may be edited away or be in another language; quantities set to zero after a total above zero with
    no payment linked, or our own earlier knowledge, say the same. A note alone never does, and amounts of zero alone
    do not either: who waives an invoice has settled it.
    """
    if not remote.is_all_zero:
        return False
    is_emptied = remote.has_no_quantities and earlier_total > 0 and not remote.payment_qbo_ids
    return remote.is_void_marked or was_voided or is_emptied

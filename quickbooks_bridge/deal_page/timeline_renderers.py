"""How invoices' change-log lines read, and the line of an invoice that became overdue by itself."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from crm_invoicing.ui.templatetags.ui import day_text, money_text
from deals.models import Deal
from deals.timeline import DerivedLine, Part, TimelineLine, register_entry_type
from quickbooks_bridge.domain.alarms import Alarm
from quickbooks_bridge.messages.alarm_words import cause_text
from quickbooks_bridge.models import Connection
from quickbooks_bridge.selectors.connections import company_today, company_zone
from quickbooks_bridge.selectors.deals import overdue_of_deal

from .invoice_rows import deep_link, deep_link_to

# Stands for the invoice's number while a sentence is put together; no number or name can hold it.
NUMBER = "\x00"
# What an erasure request leaves: no email address and nothing that somebody wrote by hand.
KEEPS = frozenset(
    {
        *("number", "qbo_id", "realm", "currency", "amount", "balance", "due", "before", "after", "by"),
        *("expected", "alarm", "cause"),
    }
)


def _money(data: dict[str, Any], key: str = "amount") -> str:
    return money_text(Decimal(str(data.get(key) or "0")), str(data.get("currency") or "USD"))


def _day(data: dict[str, Any]) -> str:
    return day_text(date.fromisoformat(data["due"]), "short") if data.get("due") else "–"


def with_number(sentence: str, number: str, link: str) -> tuple[Part, ...]:
    """Return a sentence's parts with the number, a link where there is one, in place of NUMBER."""
    parts: list[Part] = []
    for at, text in enumerate(sentence.split(NUMBER)):
        if at:
            parts.append((number, link) if link else number)
        if text:
            parts.append(text)
    return tuple(parts)


def _link(data: dict[str, Any]) -> str:
    if data.get("realm") and data.get("qbo_id"):
        return deep_link_to(str(data["realm"]), str(data["qbo_id"]))
    return ""


def _paid(data: dict[str, Any]) -> str:
    words = {"n": NUMBER, "a": _money(data)}
    if data.get("by") == "credit":
        return _("Invoice %(n)s was settled by a credit memo: %(a)s") % words
    return _("Invoice %(n)s was paid: %(a)s") % words


def _paid_in_part(data: dict[str, Any]) -> str:
    words = {"n": NUMBER, "a": _money(data)}
    if data.get("by") == "credit":
        return _("A credit memo of %(a)s was applied to invoice %(n)s") % words
    return _("Payment of %(a)s received on invoice %(n)s") % words


def _sentences() -> dict[str, tuple[str, str, Callable[[dict[str, Any]], str]]]:
    """Return icon, tone and sentence of every kind that tells of an invoice."""
    n = NUMBER
    return {
        "invoice.created": (
            "document",
            "neutral",
            lambda d: (
                _("Invoice %(n)s was created: %(a)s, due %(d)s") % {"n": n, "a": _money(d), "d": _day(d)}
            ),
        ),
        "invoice.payment": (
            "coins",
            "paid",
            _paid_in_part,
        ),
        "invoice.paid": (
            "paid",
            "paid",
            _paid,
        ),
        "invoice.unpaid": (
            "coins",
            "attention",
            lambda d: _("%(a)s of payment was taken off invoice %(n)s") % {"a": _money(d), "n": n},
        ),
        "invoice.voided": (
            "voided",
            "neutral",
            lambda d: _("Invoice %(n)s was voided; it was %(a)s") % {"n": n, "a": _money(d)},
        ),
        "invoice.deleted": (
            "trash",
            "neutral",
            lambda d: _("Invoice %(n)s was deleted; it was %(a)s") % {"n": n, "a": _money(d)},
        ),
        "invoice.restored": (
            "document",
            "open",
            lambda d: _("Invoice %(n)s is back: %(a)s") % {"n": n, "a": _money(d)},
        ),
        "invoice.due_moved": (
            "calendar",
            "neutral",
            lambda d: _("Invoice %(n)s is now due %(d)s") % {"n": n, "d": _day(d)},
        ),
        "invoice.emailed": ("mail", "open", _emailed),
        **_sentences_of_amounts(),
        **_sentences_of_links(),
    }


def _differs(data: dict[str, Any]) -> str:
    words = {"n": NUMBER, "a": _money(data), "e": _money(data, "expected")}
    if data.get("alarm") == Alarm.TAX_ZERO:
        return _("Invoice %(n)s has no tax although lines are taxable") % words
    if data.get("alarm") == Alarm.RATE_ONE:
        return _("Invoice %(n)s was booked at an exchange rate of 1") % words
    return _("Invoice %(n)s came to %(a)s in QuickBooks; %(e)s was expected") % words


def event_sentence(kind: str, data: dict[str, Any]) -> str:
    """Return what an event says without the number of its invoice's link, the kind itself where nobody knows it."""
    found = _sentences().get(kind)
    return found[2](data).replace(NUMBER, str(data.get("number", ""))) if found else kind


def _sentences_of_amounts() -> dict[str, tuple[str, str, Callable[[dict[str, Any]], str]]]:
    n = NUMBER
    return {
        "invoice.differs": (
            "attention",
            "attention",
            _differs,
        ),
        "invoice.alarm_checked": (
            "check",
            "neutral",
            lambda d: _("Invoice %(n)s was checked: its figures are right") % {"n": n},
        ),
        "invoice.amount_changed": (
            "pencil",
            "neutral",
            lambda d: (
                _("Invoice %(n)s changed from %(b)s to %(a)s")
                % {"n": n, "b": _money(d, "before"), "a": _money(d, "after")}
            ),
        ),
    }


def _sentences_of_links() -> dict[str, tuple[str, str, Callable[[dict[str, Any]], str]]]:
    n = NUMBER
    return {
        "invoice.linked": ("link", "neutral", lambda d: _("Invoice %(n)s was linked") % {"n": n}),
        "invoice.unlinked": ("unlink", "neutral", lambda d: _("Invoice %(n)s was unlinked") % {"n": n}),
        "invoice.abandoned": (
            "unknown",
            "neutral",
            lambda d: (
                _("An invoice of %(a)s that was never confirmed is no longer checked") % {"a": _money(d)}
            ),
        ),
        "invoice.not_put_back": (
            "attention",
            "attention",
            lambda d: (
                _("Invoice %(n)s was not voided, and %(a)s that had settled it is now credit of the customer")
                % {"n": n, "a": _money(d)}
            ),
        ),
    }


def _emailed(data: dict[str, Any]) -> str:
    if data.get("to"):
        return _("Invoice %(n)s was emailed to %(to)s") % {"n": NUMBER, "to": data["to"]}
    return _("Invoice %(n)s was sent by email") % {"n": NUMBER}


def _detail(kind: str, data: dict[str, Any]) -> str:
    if data.get("reason"):
        return _("Reason: %(reason)s") % {"reason": data["reason"]}
    if kind == "invoice.differs" and data.get("cause"):
        return cause_text(str(data["cause"]))
    if kind == "invoice.differs":
        return _("Compare its tax and lines in QuickBooks before it is sent")
    if kind == "invoice.not_put_back":
        return _("Your accountant can apply the credit again in QuickBooks")
    return ""


def _renderer(
    kind: str, icon: str, tone: str, sentence: Callable[[dict[str, Any]], str]
) -> Callable[[dict[str, Any]], TimelineLine]:
    def render(data: dict[str, Any]) -> TimelineLine:
        return TimelineLine(
            icon,
            tone,
            with_number(sentence(data), str(data.get("number", "")), _link(data)),
            note=_("Recorded in QuickBooks"),
            beside=_("sent by QuickBooks") if kind == "invoice.emailed" else "",
            detail=_detail(kind, data),
        )

    return render


def register_kinds() -> None:
    """Register how invoice entries read; what nobody here did is "Recorded in QuickBooks"."""
    for kind, (icon, tone, sentence) in _sentences().items():
        register_entry_type(kind, _renderer(kind, icon, tone, sentence), keeps=KEEPS)
    register_entry_type(
        "customer.unlinked",
        lambda data: TimelineLine(
            "unlink", "neutral", (_("Customer %(n)s was unlinked") % {"n": data.get("name", "")},)
        ),
    )


def overdue_lines(deal: Deal, connection: Connection, *, now: datetime, limit: int) -> list[DerivedLine]:
    """Return a line for every unpaid invoice whose due date has passed, at the midnight that ended that day."""
    zone = company_zone(connection)
    found = []
    for invoice in overdue_of_deal(deal, today=company_today(connection, now=now), limit=limit):
        if invoice.due_date is None:
            continue
        words = {
            "n": NUMBER,
            "open": money_text(invoice.balance, invoice.currency),
            "total": money_text(invoice.total, invoice.currency),
        }
        if invoice.balance == invoice.total:
            sentence = _("Invoice %(n)s became overdue: %(open)s is unpaid") % words
        else:
            sentence = _("Invoice %(n)s became overdue: %(open)s of %(total)s is unpaid") % words
        parts = with_number(sentence, invoice.doc_number or f"#{invoice.qbo_id}", deep_link(invoice))
        at = datetime.combine(invoice.due_date + timedelta(days=1), time.min, tzinfo=zone)
        found.append(DerivedLine(at, TimelineLine("overdue", "overdue", parts, note=_("Due date passed"))))
    return found

"""The history of an invoice as its page shows it: each entry a heading and its facts as pairs."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from crm_invoicing.ui.templatetags.ui import day_text, moment, money_text, number
from quickbooks_bridge.deal_page.timeline_renderers import event_sentence
from quickbooks_bridge.domain.record_chain import ERASED
from quickbooks_bridge.messages.alarm_words import alarm_title
from quickbooks_bridge.models import InvoiceRecord


@dataclass(frozen=True)
class RecordLine:
    """One entry: when, who, what, its facts as (label, value) pairs, and its seal."""

    number: int
    at: str
    who: str
    title: str
    facts: list[tuple[str, str]]
    lines: list[dict[str, str]]
    digest: str


def record_lines(record: InvoiceRecord, zone: ZoneInfo, *, currency: str) -> RecordLine:
    """Return an entry in words; amounts are in `currency`."""
    data: dict[str, Any] = record.data
    of_kind = {"decided": _decided, "sent": _sent, "answered": _answered, ERASED: _erased}.get(record.kind)
    title, facts, lines = of_kind(data, currency) if of_kind else (event_sentence(record.kind, data), [], [])
    return RecordLine(
        number=record.number,
        at=moment(record.occurred_at, zone),
        who=record.actor.name if record.actor else "",
        title=title,
        facts=[(label, value) for label, value in facts if value],
        lines=lines,
        digest=record.digest,
    )


EntryText = tuple[str, list[tuple[str, str]], list[dict[str, str]]]


def _amount(text: Any, currency: str) -> str:
    try:
        return money_text(Decimal(str(text)), currency) if text not in (None, "") else ""
    except InvalidOperation:
        return str(text)


def _plain(text: Any) -> str:
    """Return a number without idle zeros, in the reader's notation."""
    try:
        return number(Decimal(str(text))) if text not in (None, "") else ""
    except InvalidOperation:
        return str(text)


def _discount(text: str) -> str:
    amount, _space, kind = text.partition(" ")
    return "" if not amount else f"{_plain(amount)}%" if kind == "percent" else _plain(amount)


def _field_name(key: str) -> str:
    """Return where a text came from: "organization – address"."""
    return key.replace(".custom.", ".").replace(".", " – ").replace("_", " ")


def _day(text: Any) -> str:
    try:
        return day_text(date.fromisoformat(str(text))) if text else ""
    except ValueError:
        return str(text)


def _decided(data: dict[str, Any], currency: str) -> EntryText:
    deal, mapping = data.get("deal") or {}, data.get("mapping") or {}
    own = str(deal.get("currency") or currency)
    facts = [
        (_("Deal value"), _amount(deal.get("value"), own)),
        (_("Filled from"), ", ".join(_field_name(field) for field in mapping.values() if field)),
        (_("Days until due"), str(data.get("due_days", ""))),
        (_("Preset"), str(data.get("preset") or "")),
        (_("Billed again because"), str(data.get("again_reason") or "")),
        (_("Converted at"), str(data.get("converted_at") or "")),
    ]
    lines = [
        {
            "name": str(line.get("name", "")),
            "quantity": _plain(line.get("quantity", "")),
            "price": _amount(line.get("unit_price"), own),
            "more": _discount(str(line.get("discount", ""))),
        }
        for line in deal.get("lines") or ()
    ]
    return _("Decided, with the deal as it was then"), facts, lines


def _sent(data: dict[str, Any], currency: str) -> EntryText:
    body = data.get("body") or {}
    place = body.get("ShipAddr") or {}
    facts = [
        (_("Customer in QuickBooks"), str((body.get("CustomerRef") or {}).get("value", ""))),
        (_("Issue date"), _day(body.get("TxnDate"))),
        (_("Due date"), _day(body.get("DueDate"))),
        (_("Prices and tax"), str(body.get("GlobalTaxCalculation", ""))),
        (_("Exchange rate"), str(body.get("ExchangeRate", ""))),
        (_("Delivered to"), ", ".join(str(part) for part in place.values())),
        (_("Tries"), str(data.get("attempts", ""))),
    ]
    lines = []
    for line in body.get("Line") or ():
        detail = line.get("SalesItemLineDetail") or {}
        lines.append(
            {
                "name": str(line.get("Description", "")).splitlines()[0] if line.get("Description") else "",
                "quantity": _plain(detail.get("Qty", "")),
                "price": _amount(line.get("Amount"), currency),
                "more": str((detail.get("TaxCodeRef") or {}).get("value", "")),
            }
        )
    return _("Sent to QuickBooks"), facts, lines


def _answered(data: dict[str, Any], currency: str) -> EntryText:
    facts = [
        (_("Number"), str(data.get("number", ""))),
        (_("Total"), _amount(data.get("total"), currency)),
        (_("of which tax"), _amount(data.get("tax"), currency)),
        (
            _("Expected") if data.get("expected_tax") else _("Expected before tax"),
            _amount(data.get("expected_total"), currency),
        ),
        (
            _("Exchange rate"),
            "" if data.get("rate") in {"1", "1.0"} and not data.get("alarm") else _plain(data.get("rate")),
        ),
        (_("To look at"), alarm_title(str(data.get("alarm", "")))),
        (_("Intuit's reference"), str(data.get("intuit_tid", ""))),
    ]
    return _("QuickBooks answered"), facts, []


def _erased(data: dict[str, Any], currency: str) -> EntryText:
    numbers = ", ".join(sorted(data.get("left") or {}, key=int))
    return _("Personal data was erased; what is left is sealed here"), [(_("Entries"), numbers)], []

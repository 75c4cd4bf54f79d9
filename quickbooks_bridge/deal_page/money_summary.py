"""The money strip of a deal as templates show it: figures with their notes, the bar of shares and its words."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm_invoicing.ui.templatetags.ui import money_text, percent
from deals.models import Deal
from quickbooks_bridge.selectors.deals import DealTotals

TENTH = Decimal("0.1")


@dataclass(frozen=True)
class Segment:
    """A part of the bar of shares, in percent of the whole."""

    kind: str
    share: Decimal


@dataclass(frozen=True)
class Shares:
    """What the bar shows, before tax: everything in it adds up to `whole`."""

    whole: Decimal
    paid: Decimal
    due: Decimal
    overdue: Decimal
    unconfirmed: Decimal
    converted: Decimal
    left: Decimal

    def percent_of(self, amount: Decimal) -> Decimal:
        """Return a part in percent of the whole."""
        return (amount * 100 / self.whole).quantize(TENTH) if self.whole else Decimal(0)


def totals_context(deal: Deal, strip: DealTotals, *, today: date) -> dict[str, Any]:
    """Return one strip: with the deal's value in the deal's own currency, without it in any other."""
    is_own = strip.currency == deal.currency
    shares = _shares(deal.value if is_own else Decimal(0), strip)
    return {
        "currency": strip.currency,
        "is_own": is_own,
        "cells": _cells(deal, strip, shares, today=today),
        "segments": _segments(shares),
        "bar_text": _bar_text(deal, strip, shares),
        "bar_note": _("The bar shows shares of the deal value, before tax") if is_own else "",
    }


def left_to_invoice(deal: Deal, strip: DealTotals) -> Decimal:
    """Return what of the deal value is neither invoiced nor sent and not confirmed yet, before tax."""
    return max(Decimal(0), deal.value - strip.billed_net)


def _shares(value: Decimal, strip: DealTotals) -> Shares:
    billed = strip.billed_net
    ratio = strip.invoiced_net / strip.invoiced if strip.invoiced else Decimal(0)
    overdue = strip.overdue * ratio
    return Shares(
        whole=max(value, billed),
        paid=strip.paid * ratio,
        due=strip.outstanding * ratio - overdue,
        overdue=overdue,
        unconfirmed=strip.unconfirmed_net,
        converted=strip.converted_net,
        left=max(Decimal(0), value - billed),
    )


def _cells(deal: Deal, strip: DealTotals, shares: Shares, *, today: date) -> list[dict[str, Any]]:
    def text(amount: Decimal) -> str:
        return money_text(amount, strip.currency)

    not_due = strip.outstanding - strip.overdue
    cells: list[dict[str, Any]] = [
        {
            "label": _("Invoiced"),
            "amount": text(strip.invoiced),
            "note": _("%(a)s before tax") % {"a": text(strip.invoiced_net)}
            if strip.invoiced
            else _("With tax"),
        },
        {
            "label": _("Paid"),
            "amount": text(strip.paid),
            "swatch": "paid",
            "note": _paid_note(strip),
        },
        {
            "label": _("Outstanding"),
            "amount": text(strip.outstanding),
            "note_swatch": "due" if not_due else "",
            "note": _("%(a)s not yet due") % {"a": text(not_due)}
            if not_due
            else _("Nothing waits for its date"),
        },
        {
            "label": _("Overdue"),
            "amount": text(strip.overdue),
            "swatch": "overdue",
            "is_late": strip.overdue > 0,
            "note": _overdue_note(strip, today),
        },
    ]
    if strip.currency == deal.currency:
        cells.insert(0, {"label": _("Deal value"), "amount": text(deal.value), "note": _("Before tax")})
        cells.append(
            {
                "label": _("Still to invoice"),
                "amount": text(shares.left),
                "swatch": "left",
                "note": _left_note(deal, strip),
            }
        )
    if strip.unconfirmed:
        cells[-1]["more"] = _("%(a)s not confirmed") % {"a": text(strip.unconfirmed)}
    if strip.unused_credit:
        cells.append(
            {
                "label": _("Credit not used yet"),
                "amount": text(strip.unused_credit),
                "note": _("The customer’s payments and credit memos that settle nothing yet"),
                "is_extra": True,
            }
        )
    return cells


def _paid_note(strip: DealTotals) -> str:
    if not strip.invoiced:
        return _("With tax")
    share = int(strip.paid * 100 / strip.invoiced)
    return _("%(share)s of invoiced") % {"share": percent(share)}


def _overdue_note(strip: DealTotals, today: date) -> str:
    if not strip.overdue_count or strip.overdue_since is None:
        return _("Nothing is late")
    count = ngettext("%(n)s invoice", "%(n)s invoices", strip.overdue_count) % {"n": strip.overdue_count}
    late = (today - strip.overdue_since).days
    days = ngettext("%(n)s day", "%(n)s days", late) % {"n": late}
    if strip.overdue_count == 1:
        return _("%(count)s, %(days)s") % {"count": count, "days": days}
    return _("%(count)s, up to %(days)s") % {"count": count, "days": days}


def _left_note(deal: Deal, strip: DealTotals) -> str:
    over = strip.billed_net - deal.value
    if over > 0:
        return _("%(a)s more than the deal value") % {"a": money_text(over, strip.currency)}
    if strip.converted_net:
        return _("%(a)s invoiced in another currency") % {
            "a": money_text(strip.converted_net, strip.currency)
        }
    return _("Before tax")


def _segments(shares: Shares) -> list[Segment]:
    parts = ("paid", "due", "overdue", "unconfirmed", "converted", "left")
    return [Segment(kind, shares.percent_of(getattr(shares, kind))) for kind in parts]


def _bar_text(deal: Deal, strip: DealTotals, shares: Shares) -> str:
    words = {
        "paid": _("paid"),
        "due": _("not yet due"),
        "overdue": _("overdue"),
        "unconfirmed": _("not confirmed yet"),
        "converted": _("invoiced in another currency"),
        "left": _("still to invoice"),
    }
    parts = [
        f"{words[part.kind]} {percent(int(part.share.to_integral_value()))}"
        for part in _segments(shares)
        if part.share
    ]
    said = ", ".join(parts) or _("nothing invoiced")
    if strip.currency == deal.currency:
        value = money_text(deal.value, strip.currency)
        return _("Of the deal value %(value)s, before tax: %(parts)s") % {"value": value, "parts": said}
    return _("Of %(amount)s invoiced: %(parts)s") % {
        "amount": money_text(strip.invoiced, strip.currency),
        "parts": said,
    }

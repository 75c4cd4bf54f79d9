"""What the QuickBooks side adds to the deals list: how much is invoiced, the flags, what is outstanding."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet, Sum
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from crm_invoicing.ui.templatetags.ui import flag_label, money_text
from deals.list_extensions import (
    ColumnHeader,
    DealColumns,
    DealFilter,
    DealListButton,
    register_button,
    register_columns,
    register_filter,
)
from deals.models import Deal
from deals.viewer import Viewer
from quickbooks_bridge.domain.problems import Problem
from quickbooks_bridge.domain.status import Status
from quickbooks_bridge.messages.problems import placed, title_for
from quickbooks_bridge.models import DealReadiness, Invoice, InvoicingSettings
from quickbooks_bridge.selectors.connections import company_today, company_zone
from quickbooks_bridge.selectors.invoices import has_alarm, with_status
from quickbooks_bridge.selectors.request_context import RequestContext

from .list_tabs import narrowed, register_list_tabs
from .money_summary import Segment

SHOWN_FLAGS = 2
GRAVEST = (Status.OVERDUE, Status.PARTIALLY_PAID, Status.OPEN, Status.PAID, Status.VOIDED, Status.DELETED)


def register_list_parts() -> None:
    """Add columns and filter to the deals list of people who see invoices."""
    heads = (
        ColumnHeader(_("Invoiced of value"), is_wide=True),
        ColumnHeader(_("Invoices")),
        ColumnHeader(_("Outstanding"), is_number=True, is_wide=True),
    )
    register_columns(DealColumns("invoices", heads, _may_see, invoice_cells))
    readiness = (ColumnHeader(_("Will it invoice?")),)
    register_columns(DealColumns("readiness", readiness, _may_see, readiness_cells))
    choices = (
        ("some", _("With invoices")),
        ("none", _("Not invoiced")),
        ("part", _("Partly invoiced")),
        ("unpaid", _("Unpaid")),
        ("overdue", _("Overdue")),
        ("alarm", _("Tax or rate to check")),
    )
    register_filter(DealFilter("invoices", _("Invoices: any"), choices, _may_see, _narrow))

    register_button(DealListButton("readiness", _may_see, _readiness_button))
    states = (
        ("ready", _("Ready to invoice")),
        ("blocked", _("Cannot be invoiced")),
        ("lacks_address", _("Without an address")),
        ("lacks_email", _("Without an email address")),
        ("lacks_tax_id", _("Without a tax ID")),
    )
    register_filter(DealFilter("readiness", _("Will it invoice: any"), states, _may_see, _narrow_readiness))
    register_list_tabs(_may_see)


def _readiness_button(request: HttpRequest, viewer: Viewer) -> str:
    """Draw the button that lets the open deals be checked, with the time of the last check."""
    connection = RequestContext.of(viewer).connection
    mine = InvoicingSettings.objects.filter(account=viewer.account)
    checked = mine.values_list("readiness_checked_at", flat=True).first()
    context = {
        "checked": checked,
        "zone": company_zone(connection) if connection is not None else None,
        "next": request.get_full_path(),
    }
    return render_to_string("quickbooks/_readiness_button.html", context, request)


def _narrow_readiness(viewer: Viewer, deals: QuerySet[Deal], value: str) -> QuerySet[Deal]:
    if value.startswith("lacks_"):
        return deals.filter(readiness__lacks__contains=f" {value.removeprefix('lacks_')} ")
    return deals.filter(readiness__is_ready=value == "ready")


def readiness_cells(viewer: Viewer, deals: Sequence[Deal]) -> dict[int, tuple[str, ...]]:
    """Return the cell of every deal of a page that was checked: one statement."""
    rows = {row.deal_id: row for row in DealReadiness.objects.filter(deal__in=[deal.pk for deal in deals])}
    return {deal.pk: (_readiness_cell(deal, rows.get(deal.pk)),) for deal in deals}


def _readiness_cell(deal: Deal, row: DealReadiness | None) -> str:
    problems = [Problem.from_dict(found) for found in row.problems] if row is not None else []
    first = placed(problems[0]) if problems else None
    context = {
        "deal": deal,
        "row": row,
        "count": len(problems),
        "first": title_for(first.code, _numbered(first)) if first is not None else "",
        "is_stale": row is not None and deal.updated_at > row.checked_at,
    }
    return render_to_string("quickbooks/_list_readiness.html", context)


def _numbered(problem: Problem) -> dict[str, str]:
    at = {} if problem.line is None else {"number": str(problem.line + 1)}
    return {**problem.params, **at}


def _may_see(viewer: Viewer) -> bool:
    return RequestContext.of(viewer).may_see_invoices


def _narrow(viewer: Viewer, deals: QuerySet[Deal], value: str) -> QuerySet[Deal]:
    if value == "alarm":
        return deals.filter(Exists(Invoice.objects.filter(has_alarm(), deal=OuterRef("pk"))))
    return narrowed(viewer, deals, value)


def invoice_cells(viewer: Viewer, deals: Sequence[Deal]) -> dict[int, tuple[str, ...]]:
    """Return the three cells of every deal of a page: one statement, however many deals and invoices."""
    connection = RequestContext.of(viewer).connection
    if connection is None or not deals:
        return {}
    today = company_today(connection, now=timezone.now())
    own = Invoice.objects.filter(deal__in=[deal.pk for deal in deals])
    flagged: QuerySet[Any] = with_status(own, today=today)
    rows = (
        flagged.order_by()
        .values("deal_id", "currency", "flag")
        .annotate(count=Count("pk"), total=Sum("total"), tax=Sum("total_tax"), balance=Sum("balance"))
    )
    by_deal: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_deal[row["deal_id"]].append(row)
    return {deal.pk: _cells(deal, by_deal[deal.pk]) for deal in deals}


def _cells(deal: Deal, rows: list[dict[str, Any]]) -> tuple[str, ...]:
    flags = [flag for flag in GRAVEST if any(row["flag"] == flag for row in rows)]
    live = [row for row in rows if row["flag"] not in (Status.VOIDED, Status.DELETED)]
    own = [row for row in live if row["currency"] == deal.currency]
    owed: dict[str, Decimal] = defaultdict(Decimal)
    for row in live:
        owed[row["currency"]] += row["balance"]
    context = {
        **_shares(deal, own),
        "flags": flags[:SHOWN_FLAGS],
        "more": len(flags) - SHOWN_FLAGS,
        "count": sum(row["count"] for row in rows),
        "outstanding": " + ".join(money_text(amount, currency) for currency, amount in sorted(owed.items())),
    }
    return tuple(
        render_to_string(f"quickbooks/_list_{name}.html", context) for name in ("bar", "flags", "outstanding")
    )


def _shares(deal: Deal, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the shares of the deal's value before tax that are paid, open and late."""
    net = sum((row["total"] - row["tax"] for row in rows), Decimal(0))
    whole = max(deal.value, net)
    if not whole:
        return {"segments": [], "percent": 0, "words": _now("Nothing invoiced")}
    parts: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        if not row["total"]:
            continue
        ratio = (row["total"] - row["tax"]) / row["total"]
        parts["paid"] += (row["total"] - row["balance"]) * ratio
        parts["overdue" if row["flag"] == Status.OVERDUE else "due"] += row["balance"] * ratio
    percent = int(net * 100 / deal.value) if deal.value else 100
    words = ", ".join(f"{flag_label(row['flag'])} {money_text(row['total'], deal.currency)}" for row in rows)
    return {
        "segments": [
            Segment(kind, parts[kind] * 100 / whole) for kind in ("paid", "due", "overdue") if parts[kind] > 0
        ],
        "percent": percent,
        "words": words or _now("Nothing invoiced"),
    }

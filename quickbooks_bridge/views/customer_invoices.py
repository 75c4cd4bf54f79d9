"""All invoices of the linked customer, those made in QuickBooks too, and linking them to a deal."""

import csv
from collections.abc import Iterator
from datetime import date
from typing import Any

from babel.dates import get_month_names
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from crm_invoicing.csv_export import Echo, safe_cell
from crm_invoicing.ui.templatetags.ui import day_text, flag_label, money_text
from deals.models import Deal
from deals.viewer import Viewer
from quickbooks_bridge.deal_page.invoice_rows import as_of, invoice_rows
from quickbooks_bridge.deal_page.money_summary import Segment
from quickbooks_bridge.domain.date_range import PRESETS, DateRange, parse_day, preset_range
from quickbooks_bridge.domain.status import Status
from quickbooks_bridge.domain.texts import is_digits
from quickbooks_bridge.models import Connection, Invoice
from quickbooks_bridge.selectors.connections import company_today
from quickbooks_bridge.selectors.customer_invoices import (
    SORTS,
    HistoryFilter,
    Sums,
    invoices_for_export,
    invoices_of_customer,
    likely_part_of,
)
from quickbooks_bridge.selectors.customers import linked_customer
from quickbooks_bridge.selectors.invoices import invoice_status

from .links import not_this_deal
from .permissions import deal_or_404, invoice_access_required

USUAL = "last_12_months"


def _quick_words() -> dict[str, str]:
    return {
        "this_month": _("This month"),
        "last_30_days": _("Last 30 days"),
        "this_quarter": _("This quarter"),
        "this_year": _("This year"),
        "last_12_months": _("Last 12 months"),
        "everything": _("Everything"),
    }


def _typed_day(text: str, *, today: date) -> date | None:
    language = (get_language() or "en")[:2]
    names = {
        name.lower(): number
        for code in {"en", language}
        for number, name in get_month_names("wide", locale=code).items()
    }
    return parse_day(text, today=today, months=names, day_first=language != "en")


def _range(request: HttpRequest, *, today: date) -> dict[str, Any]:
    """Return the asked range: a quick one, or two typed days of which an unreadable one is said and kept."""
    quick = request.GET.get("range", "")
    quick = quick if quick in PRESETS else ""
    typed = {name: request.GET.get(name, "").strip()[:40] for name in ("from", "to")}
    if not any(typed.values()):
        # Both fields emptied on purpose is everything; an address without them is the usual range.
        quick = quick or ("everything" if "from" in request.GET else USUAL)
        found = preset_range(quick, today=today)
        return {"quick": quick, "range": found, "typed": _as_typed(found), "range_problem": ""}
    days = {name: _typed_day(text, today=today) if text else None for name, text in typed.items()}
    unread = [text for name, text in typed.items() if text and days[name] is None]
    start, end = days["from"], days["to"]
    if start and end and start > end:
        start, end = end, start
    problem = (
        _("“%(text)s” is no day we can read. Write one such as %(example)s.")
        % {"text": unread[0], "example": day_text(today)}
        if unread
        else ""
    )
    chosen = DateRange(start, end)
    known = next((key for key in PRESETS if preset_range(key, today=today) == chosen and not unread), "")
    return {
        "quick": known,
        "range": chosen,
        "typed": typed if unread else _as_typed(chosen),
        "range_problem": problem,
    }


def _as_typed(found: DateRange) -> dict[str, str]:
    return {
        "from": found.start.isoformat() if found.start else "",
        "to": found.end.isoformat() if found.end else "",
    }


def range_text(found: DateRange) -> str:
    """Say a range in words."""
    if found.start and found.end:
        style = "short" if found.start.year == found.end.year else ""
        return f"{day_text(found.start, style)} – {day_text(found.end)}"
    if found.start:
        return _("From %(day)s") % {"day": day_text(found.start)}
    return _("Until %(day)s") % {"day": day_text(found.end)} if found.end else _("Everything")


def _wanted(request: HttpRequest, found: DateRange) -> HistoryFilter:
    flag, sort = request.GET.get("status", ""), request.GET.get("sort", "-issued")
    number = request.GET.get("page", "1")
    return HistoryFilter(
        range=found,
        flag=flag if flag in set(Status) else "",
        words=request.GET.get("q", "").replace("\0", "").strip()[:60],
        sort=sort if sort.removeprefix("-") in SORTS else "-issued",
        page=int(number) if is_digits(number, longest=6) else 1,
    )


@require_safe
@invoice_access_required
def all_invoices(request: HttpRequest, viewer: Viewer, connection: Connection, deal_pk: int) -> HttpResponse:
    """Show the customer's invoices in a range of issue dates, with totals and counts by flag."""
    deal = deal_or_404(viewer, deal_pk)
    now = timezone.now()
    today = company_today(connection, now=now)
    customer = linked_customer(deal, connection.company_id)
    context: dict[str, Any] = {"deal": deal, "customer": customer, "connection": connection}
    if customer is not None:
        asked = _range(request, today=today)
        wanted = _wanted(request, asked["range"])
        found = invoices_of_customer(connection, customer.qbo_id, wanted=wanted, today=today)
        likely = likely_part_of(
            deal, connection, customer.qbo_id, today=today, but_not=not_this_deal(request, deal)
        )
        context |= asked | {
            "found": found,
            "page": found,
            "rows": invoice_rows(found.invoices, connection, viewer=viewer, now=now),
            "wanted": wanted,
            "flags": [
                (status.value, found.counts[status.value]) for status in Status if status in found.counts
            ],
            "everything": sum(found.counts.values()),
            "as_of": as_of(connection, now=now),
            "sums": [(sums, _ages(sums)) for sums in found.sums],
            "heads": _heads(wanted.sort),
            "quick_words": _quick_words(),
            "range_text": range_text(asked["range"]),
            "likely": likely,
            "here": request.get_full_path(),
            "back": request.get_full_path(),
        }
    return render(request, "quickbooks/all_invoices.html", context)


def _heads(sort: str) -> list[dict[str, Any]]:
    """Return the heads that sort: pressing the sorted one turns its order."""
    labels = {"number": _("Invoice"), "issued": _("Issued"), "due": _("Due"), "total": _("Total"), "balance": _("Balance")}  # fmt: skip
    heads = []
    for key, label in labels.items():
        is_now, is_down = sort.removeprefix("-") == key, sort.startswith("-")
        turned = key if is_now and is_down else f"-{key}"
        heads.append(
            {
                "key": key,
                "label": label,
                "sort": turned,
                "aria": ("descending" if is_down else "ascending") if is_now else "",
            }
        )
    return heads


def _ages(sums: Sums) -> dict[str, Any]:
    """Return what is outstanding by age, as shares for the bar and as amounts for the legend."""
    parts = [
        ("due", _("Not yet due"), sums.not_due),
        ("overdue", _("1–30 days"), sums.late_30),
        ("overdue", _("31–60 days"), sums.late_60),
        ("overdue", _("61 days and more"), sums.late_more),
    ]
    whole = sums.outstanding or 1
    return {
        "parts": [(kind if amount else "", label, amount) for kind, label, amount in parts],
        "segments": [Segment(kind, amount * 100 / whole) for kind, _label, amount in parts if amount > 0],
        "words": ", ".join(f"{label} {money_text(amount, sums.currency)}" for _k, label, amount in parts),
    }


@require_safe
@invoice_access_required
def export_csv(
    request: HttpRequest, viewer: Viewer, connection: Connection, deal_pk: int
) -> StreamingHttpResponse:
    """Return the shown filter's rows as a file that spreadsheets open as it is."""
    deal = deal_or_404(viewer, deal_pk)
    today = company_today(connection, now=timezone.now())
    customer = linked_customer(deal, connection.company_id)
    if customer is None:
        raise Http404
    wanted = _wanted(request, _range(request, today=today)["range"])
    rows = invoices_for_export(connection, customer.qbo_id, wanted=wanted, today=today)
    response = StreamingHttpResponse(
        _csv(rows, deal, today=today),
        content_type="text/csv; charset=utf-8",
        headers={"X-Accel-Buffering": "no"},
    )
    response["Content-Disposition"] = f'attachment; filename="invoices-{today.isoformat()}.csv"'
    return response


def _csv(rows: Iterator[Invoice], deal: Deal, *, today: date) -> Iterator[str]:
    writer = csv.writer(Echo(), quoting=csv.QUOTE_ALL)
    heads = (_("Invoice"), _("Status"), _("Issued"), _("Due"), _("Made in"), _("Customer"), _("Deal"), _("Currency"), _("Total"), _("Balance"))  # fmt: skip
    # Without the mark spreadsheets read the file in an old code page.
    yield "\ufeff" + str(writer.writerow(heads))
    for row in rows:
        cells = (
            safe_cell(row.doc_number or f"#{row.qbo_id}"),
            flag_label(invoice_status(row, today=today)),
            row.txn_date.isoformat(),
            row.due_date.isoformat() if row.due_date else "",
            "CRM" if row.created_by_app else "QuickBooks",
            safe_cell(row.customer_name),
            safe_cell(row.deal.title) if row.deal else "",
            row.currency,
            "" if row.is_deleted else str(row.total),
            "" if row.is_deleted else str(row.balance),
        )
        yield str(writer.writerow(cells))

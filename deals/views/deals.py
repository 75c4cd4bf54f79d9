"""Deals: list, page, edit, stage, products on a deal."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from deals import selectors, services
from deals.crm_source import freshness_of, kept_at, load_unread
from deals.forms import DealForm, DealLineForm
from deals.models import CustomField, Deal, DealLine, Stage
from deals.panels import deal_panels
from deals.rights import visible_deals
from deals.timeline import change_log
from deals.viewer import Viewer, is_embedded, viewer_required

LOG_SIZE = 20


@viewer_required
def deal_detail(request: HttpRequest, viewer: Viewer, pk: int) -> HttpResponse:
    """Show a deal with its panels, products and change log."""
    deal = selectors.deal_for(viewer, pk)
    crm: dict[str, Any] = {"freshness": freshness_of(deal), "crm_url": kept_at(deal)}
    if is_embedded(request):
        panels = [panel.render(request, viewer, deal) for panel in deal_panels("frame")]
        context = {"deal": deal, "panels": panels, **crm, **_log(request, viewer, deal)}
        return render(request, "embed/panel.html", context)
    load_unread(deal, viewer.member, now=timezone.now())
    crm["freshness"] = freshness_of(deal)
    tabs = deal_panels("tab")
    keys = [panel.key for panel in tabs] + ["products"]
    current = request.GET.get("tab", "")
    current = current if current in keys else keys[0]
    lines = list(deal.lines.select_related("product"))
    amounts = [(line, services.line_total(line)) for line in lines]
    labels = {
        (field.entity, field.key): field.label for field in CustomField.objects.filter(account=viewer.account)
    }
    context = {
        "deal": deal,
        "stages": list(Stage.objects.filter(account=viewer.account)),
        "tabs": [
            {"panel": panel, "count": panel.count(viewer, deal), "is_current": panel.key == current}
            for panel in tabs
        ],
        "current": current,
        "tab_html": next((panel.render(request, viewer, deal) for panel in tabs if panel.key == current), ""),
        "sidebar": [panel.render(request, viewer, deal) for panel in deal_panels("sidebar")],
        "lines": amounts,
        "lines_total": sum((amount for _line, amount in amounts), Decimal(0)),
        "line_form": DealLineForm(account=viewer.account),
        "custom": _custom(deal, labels),
        **crm,
        **_log(request, viewer, deal),
        "elsewhere": settings.EXAMPLE_HOST_URL if deal.external_id == "demo-deal" else "",
        "stage_days": (timezone.now() - selectors.stage_since(deal)).days,
    }
    return render(request, "deals/deal_detail.html", context)


def _elsewhere(request: HttpRequest, deal: Deal) -> HttpResponse:
    """Say that a deal is changed where it is kept; a change here would be overwritten by the next one there."""
    messages.warning(
        request, _("This deal is kept in Pipedrive. Change it there; it follows here by itself.")
    )
    return redirect("deals:deal_detail", deal.pk)


@viewer_required
def deal_external(request: HttpRequest, viewer: Viewer, external_id: str) -> HttpResponse:
    """Lead to the deal that another CRM calls so: its pages can link here without knowing our ids."""
    deal = get_object_or_404(
        Deal.objects.exclude(external_id=""),
        visible_deals(viewer),
        account=viewer.account,
        external_id=external_id,
    )
    return redirect("deals:deal_detail", deal.pk)


@viewer_required
def deal_log(request: HttpRequest, viewer: Viewer, pk: int) -> HttpResponse:
    """Return the change log alone, for a page on which something has just changed."""
    deal = selectors.deal_for(viewer, pk)
    return render(request, "deals/_log.html", {"deal": deal, **_log(request, viewer, deal)})


def _log(request: HttpRequest, viewer: Viewer, deal: Deal) -> dict[str, Any]:
    size = LOG_SIZE * (5 if request.GET.get("log") == "all" else 1)
    log, has_more = change_log(viewer, deal, limit=size)
    return {"log": log, "has_more_log": has_more, "time_zone": viewer.time_zone}


def _custom(deal: Deal, labels: dict[tuple[str, str], str]) -> dict[str, list[tuple[str, str]]]:
    rows: dict[str, object] = {"deal": deal, "organization": deal.organization, "person": deal.person}
    found: dict[str, list[tuple[str, str]]] = {}
    for owner, row in rows.items():
        values = getattr(row, "custom", None) or {}
        found[owner] = [
            (label, str(values[key]))
            for (kind, key), label in labels.items()
            if kind == owner and values.get(key)
        ]
    return found


@viewer_required
def deal_edit(request: HttpRequest, viewer: Viewer, pk: int | None = None) -> HttpResponse:
    """Add or edit a deal."""
    deal = selectors.deal_for(viewer, pk) if pk else Deal(account=viewer.account, owner=viewer.member)
    if pk and kept_at(deal):
        return _elsewhere(request, deal)
    form = DealForm(request.POST or None, instance=deal, account=viewer.account)
    if request.method == "POST" and form.is_valid():
        saved = services.deal_save(form.instance, at=timezone.now(), actor=viewer.member)
        messages.success(request, _("%(name)s is saved.") % {"name": saved.title})
        return redirect("deals:deal_detail", saved.pk)
    back = reverse("deals:deal_detail", args=[pk]) if pk else reverse("deals:deal_list")
    title = _("Edit deal") if pk else _("New deal")
    status = 422 if request.method == "POST" else 200
    return render(request, "deals/edit.html", {"form": form, "title": title, "back": back}, status=status)


@require_POST
@viewer_required
def deal_move(request: HttpRequest, viewer: Viewer, pk: int) -> HttpResponse:
    """Move a deal to the posted stage."""
    deal = selectors.deal_for(viewer, pk)
    if kept_at(deal):
        return _elsewhere(request, deal)
    stage = get_object_or_404(
        Stage, account=viewer.account, pk=selectors.parse_pk(request.POST.get("stage", ""))
    )
    services.deal_move(deal, stage, at=timezone.now(), actor=viewer.member)
    return redirect("deals:deal_detail", deal.pk)


@viewer_required
def line_edit(request: HttpRequest, viewer: Viewer, deal_pk: int, pk: int | None = None) -> HttpResponse:
    """Add a product to a deal or edit one on it."""
    deal = selectors.deal_for(viewer, deal_pk)
    if kept_at(deal):
        return _elsewhere(request, deal)
    line = get_object_or_404(DealLine, deal=deal, pk=pk) if pk else DealLine(deal=deal)
    form = DealLineForm(request.POST or None, instance=line, account=viewer.account)
    back = reverse("deals:deal_detail", args=[deal.pk]) + "?tab=products"
    if request.method == "POST" and form.is_valid():
        services.deal_line_save(form.instance, at=timezone.now(), actor=viewer.member)
        return redirect(back)
    title = _("Edit product on %(deal)s") if pk else _("Add product to %(deal)s")
    context = {"form": form, "title": title % {"deal": deal.title}, "back": back}
    return render(request, "deals/edit.html", context, status=422 if request.method == "POST" else 200)


@require_POST
@viewer_required
def line_remove(request: HttpRequest, viewer: Viewer, deal_pk: int, pk: int) -> HttpResponse:
    """Take a product off a deal."""
    deal = selectors.deal_for(viewer, deal_pk)
    if kept_at(deal):
        return _elsewhere(request, deal)
    services.deal_line_remove(
        get_object_or_404(DealLine, deal=deal, pk=pk), at=timezone.now(), actor=viewer.member
    )
    return redirect(reverse("deals:deal_detail", args=[deal.pk]) + "?tab=products")

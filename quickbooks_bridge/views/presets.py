"""Presets: named starting points of the invoice form."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from deals.models import Account
from deals.viewer import Viewer, viewer_required
from quickbooks_bridge.models import InvoicePreset, Term
from quickbooks_bridge.selectors.connections import connection_for, last_connection_for
from quickbooks_bridge.selectors.offered import classes_of, locations_of, terms_of
from quickbooks_bridge.selectors.taxes import tax_rules
from quickbooks_bridge.settings_page.forms import PresetForm, PresetLists

from .connection import refuse

PLACE = "#presets"


def _terms(account: Account) -> list[Term]:
    connection = last_connection_for(account)
    return terms_of(connection.company_id) if connection else []


def _lists(account: Account) -> PresetLists:
    connection = connection_for(account)
    if connection is None:
        return PresetLists()
    company = connection.company
    has_classes = company.invoice_facts.class_tracking == "invoice"
    return PresetLists(
        company.pk,
        [(code.qbo_id, code.name) for code in tax_rules(company, None).codes.values()],
        [(row.qbo_id, row.name) for row in (classes_of(company) if has_classes else ())],
        [(row.qbo_id, row.name) for row in locations_of(company)],
    )


def preset_rows(account: Account) -> list[dict[str, Any]]:
    """Return the account's presets as the list shows them, the default one first."""
    names = {term.qbo_id: term.name for term in _terms(account)}
    return [
        {"preset": preset, "due": _due(preset, names)}
        for preset in InvoicePreset.objects.filter(account=account)
    ]


def _due(preset: InvoicePreset, terms: dict[str, str]) -> str:
    if preset.term_qbo_id:
        return terms.get(preset.term_qbo_id) or _("Terms no longer in QuickBooks")
    if preset.due_days is None:
        return _("As the mapping says")
    if preset.due_days == 0:
        return _("On receipt")
    return ngettext("%(n)s day", "%(n)s days", preset.due_days) % {"n": preset.due_days}


@viewer_required
def preset_edit(request: HttpRequest, viewer: Viewer, pk: int | None = None) -> HttpResponse:
    """Add or edit a preset."""
    preset = (
        get_object_or_404(InvoicePreset, account=viewer.account, pk=pk)
        if pk
        else InvoicePreset(account=viewer.account)
    )
    if not viewer.is_admin:
        return refuse(request, "settings_need_admin")
    form = PresetForm(
        request.POST or None, instance=preset, terms=_terms(viewer.account), lists=_lists(viewer.account)
    )
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            if form.instance.is_default:
                InvoicePreset.objects.filter(account=viewer.account).exclude(pk=preset.pk).update(
                    is_default=False
                )
            form.save()
        messages.success(request, _("%(name)s is saved.") % {"name": preset.name})
        return redirect(reverse("quickbooks:settings") + PLACE)
    context = {
        "form": form,
        "extra": [
            form[name]
            for name in ("tax_code_qbo_id", "class_qbo_id", "location_qbo_id")
            if name in form.fields
        ],
        "title": _("Edit preset") if pk else _("New preset"),
        "back": reverse("quickbooks:settings") + PLACE,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "quickbooks/preset_edit.html", context, status=status)


@require_POST
@viewer_required
def preset_default(request: HttpRequest, viewer: Viewer, pk: int) -> HttpResponse:
    """Let new invoices begin with this preset."""
    preset = get_object_or_404(InvoicePreset, account=viewer.account, pk=pk)
    if not viewer.is_admin:
        return refuse(request, "settings_need_admin")
    with transaction.atomic():
        InvoicePreset.objects.filter(account=viewer.account).exclude(pk=pk).update(is_default=False)
        InvoicePreset.objects.filter(pk=pk).update(is_default=True)
    messages.success(request, _("New invoices begin with %(name)s.") % {"name": preset.name})
    return redirect(reverse("quickbooks:settings") + PLACE)


@viewer_required
def preset_delete(request: HttpRequest, viewer: Viewer, pk: int) -> HttpResponse:
    """Ask, then delete a preset; invoices made with it stay as they are."""
    preset = get_object_or_404(InvoicePreset, account=viewer.account, pk=pk)
    if not viewer.is_admin:
        return refuse(request, "settings_need_admin")
    if request.method != "POST":
        return render(request, "quickbooks/preset_delete.html", {"preset": preset})
    preset.delete()
    messages.success(request, _("%(name)s is deleted.") % {"name": preset.name})
    return redirect(reverse("quickbooks:settings") + PLACE)

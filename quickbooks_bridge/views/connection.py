"""Settings of the integration: connecting, field mapping, presets, disconnecting."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from deals.fields import field_catalogue
from deals.selectors import custom_field_facts, deal_for, load_snapshot, preview_deals
from deals.viewer import Viewer, viewer_required
from quickbooks_bridge.domain.due_dates import due_date
from quickbooks_bridge.domain.field_mapping import FieldMapping, fill_customer, suggested_tax_id_field
from quickbooks_bridge.forms import MappingForm, PresetForm
from quickbooks_bridge.models import Connection, InvoicingSettings, Preset
from quickbooks_bridge.selectors import company_today, connection_for, last_connection_for
from quickbooks_bridge.services import connection as service
from quickbooks_bridge.tasks import wake
from quickbooks_bridge.wording import say


def _refused(request: HttpRequest, error: service.ConnectionRefused) -> HttpResponse:
    messages.warning(request, say(error.code, error.params))
    return redirect("quickbooks:settings")


@require_POST
@viewer_required
def connect(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Go to QuickBooks' consent page in the top window."""
    try:
        url = service.consent_begin(viewer, next_path="", now=timezone.now())
    except service.ConnectionRefused as error:
        return _refused(request, error)
    return redirect(url)


@viewer_required
def callback(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Take the answer of the consent page; the address with the code is left at once by a redirect."""
    try:
        connection = service.consent_finish(
            viewer,
            state=request.GET.get("state", ""),
            code=request.GET.get("code", ""),
            realm_id=request.GET.get("realmId", ""),
            refused=bool(request.GET.get("error")),
            now=timezone.now(),
        )
    except service.ConnectionRefused as error:
        return _refused(request, error)
    wake("load_connection", connection.pk)
    messages.success(
        request, _("Connected to %(company)s.") % {"company": connection.company_name or "QuickBooks"}
    )
    return redirect("quickbooks:settings")


@viewer_required
def settings_page(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Show and save the field mapping, with the connection above and presets below."""
    connection = connection_for(viewer.account)
    stored = service.settings_for(viewer.account)
    catalogue = field_catalogue(custom_field_facts(viewer.account))
    if stored.saved_at is None and not stored.tax_id_field:
        stored.tax_id_field = suggested_tax_id_field(catalogue)
    is_save = request.method == "POST"
    if is_save and not viewer.is_admin:
        return redirect("quickbooks:settings")
    form = MappingForm(request.POST if is_save else None, instance=stored, catalogue=catalogue)
    if is_save and form.is_valid():
        form.instance.saved_at = timezone.now()
        form.save()
        messages.success(
            request, _("Saved. New invoices are filled like this; earlier ones stay as they are.")
        )
        return redirect("quickbooks:settings")
    context = {
        "connection": connection,
        "former": None if connection else last_connection_for(viewer.account),
        "form": form,
        "viewer": viewer,
        "presets": Preset.objects.filter(account=viewer.account),
        "is_loading": bool(
            connection and connection.import_state != Connection.Import.DONE and connection.is_active
        ),
        **_preview(viewer, stored, request.GET.get("deal", "")),
    }
    return render(request, "quickbooks/settings.html", context, status=422 if is_save else 200)


def _preview(viewer: Viewer, stored: InvoicingSettings, chosen: str, data: Any = None) -> dict[str, Any]:
    deals = preview_deals(viewer.account)
    deal = deal_for(viewer.account, int(chosen)) if chosen.isdigit() else (deals[0] if deals else None)
    if deal is None:
        return {"preview_deals": deals}
    source = data or {}
    mapping = FieldMapping(
        to=source.get("to_field", stored.to_field),
        address=source.get("address_field", stored.address_field),
        email=source.get("email_field", stored.email_field),
        tax_id=source.get("tax_id_field", stored.tax_id_field),
    )
    days = str(source.get("due_days", stored.due_days))
    now = timezone.now()
    connection = connection_for(viewer.account)
    today = company_today(connection, now=now) if connection else now.date()
    return {
        "preview_deals": deals,
        "preview_deal": deal,
        "preview": fill_customer(load_snapshot(deal), mapping),
        "issued": today,
        "due": due_date(today, days=int(days)) if days.isdigit() and len(days) < 4 else None,
    }


@viewer_required
def preview(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Show how the mapping as it stands in the form would fill an invoice."""
    stored = service.settings_for(viewer.account)
    context = _preview(viewer, stored, request.GET.get("deal", ""), request.GET)
    return render(request, "quickbooks/_preview.html", context)


@viewer_required
def progress(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Show how far the first load is."""
    connection = connection_for(viewer.account)
    is_loading = bool(
        connection and connection.is_active and connection.import_state != Connection.Import.DONE
    )
    context = {"connection": connection, "is_loading": is_loading}
    response = render(request, "quickbooks/_progress.html", context)
    if not is_loading:
        response["HX-Refresh"] = "true"
    return response


@viewer_required
def disconnect(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Ask, then end the connection."""
    connection = connection_for(viewer.account)
    if connection is None or not (viewer.is_admin or connection.owner_id == viewer.member.pk):
        return redirect("quickbooks:settings")
    if request.method != "POST":
        return render(request, "quickbooks/disconnect.html", {"connection": connection})
    confirmed = service.connection_disconnect(connection, now=timezone.now())
    if confirmed:
        messages.success(request, _("Disconnected. Invoices and links are kept."))
    else:
        messages.warning(
            request,
            _("Disconnected here. QuickBooks did not answer, so remove the app there under My apps as well."),
        )
    return redirect("quickbooks:settings")


@viewer_required
def preset_edit(request: HttpRequest, viewer: Viewer, pk: int | None = None) -> HttpResponse:
    """Add or edit a preset."""
    if not viewer.is_admin:
        return redirect("quickbooks:settings")
    preset = (
        get_object_or_404(Preset, account=viewer.account, pk=pk) if pk else Preset(account=viewer.account)
    )
    form = PresetForm(request.POST or None, instance=preset)
    if request.method == "POST" and form.is_valid():
        others = Preset.objects.filter(account=viewer.account).exclude(pk=preset.pk)
        if others.filter(name=form.cleaned_data["name"]).exists():
            form.add_error("name", _("Another preset has this name. Choose a different one."))
        else:
            if form.cleaned_data["is_default"]:
                others.update(is_default=False)
            form.save()
            return redirect("quickbooks:settings")
    context = {
        "form": form,
        "title": _("Edit preset") if pk else _("New preset"),
        "back": reverse("quickbooks:settings"),
    }
    return render(request, "deals/edit.html", context, status=422 if request.method == "POST" else 200)

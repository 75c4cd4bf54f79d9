"""The settings page: connection, field mapping with its preview, presets."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from deals.crm_source import wants_write_back
from deals.fields import GROUPS, MappableField, field_catalogue, read_field
from deals.models import Deal, Member
from deals.selectors import custom_field_facts, deal_for, load_snapshot, parse_pk, preview_deals
from deals.snapshot import DealSnapshot
from deals.trail import event_add
from deals.viewer import Viewer, viewer_required
from quickbooks_bridge.domain.deep_links import company_link, web_url
from quickbooks_bridge.domain.due_dates import due_date, parse_due_days
from quickbooks_bridge.domain.field_mapping import (
    MAPPED,
    SLOTS,
    SUGGESTED,
    FieldMapping,
    FilledCustomer,
    drop_missing_fields,
    fill_customer,
    rules_of,
    suggested_tax_id_field,
)
from quickbooks_bridge.domain.problems import Problem
from quickbooks_bridge.messages.connection_refusals import refusal_for
from quickbooks_bridge.messages.problems import problem_text
from quickbooks_bridge.messages.tax_words import tax_word
from quickbooks_bridge.models import Company, InvoicingSettings
from quickbooks_bridge.selectors.connections import (
    company_today,
    company_zone,
    connection_for,
    last_connection_for,
    link_counts,
)
from quickbooks_bridge.selectors.deals import lacking_counts
from quickbooks_bridge.selectors.import_progress import initial_import_progress
from quickbooks_bridge.services.connections import lifecycle as service
from quickbooks_bridge.services.connections.keys import client_keys, may_set_keys
from quickbooks_bridge.settings_page.forms import (
    GROUP_WORDS,
    ChoicesForm,
    MappingForm,
    field_label,
    typed_rules,
)

from .connection import NOTICE, refuse
from .presets import preset_rows

ICONS = {"organization": "building", "person": "user", "deal": "deals"}


@viewer_required
def settings_page(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Show and save the field mapping, with the connection above and presets below."""
    stored = service.settings_for(viewer.account)
    catalogue = field_catalogue(custom_field_facts(viewer.account))
    suggested = suggested_tax_id_field(catalogue)
    if stored.saved_at is None and not stored.tax_id_field:
        stored.tax_id_field = suggested
    saved = _mapping(stored)
    is_save = request.method == "POST"
    if is_save and not viewer.is_admin:
        return refuse(request, "settings_need_admin")
    form = MappingForm(
        request.POST if is_save else None, instance=stored, catalogue=catalogue, suggested=suggested
    )
    if is_save and form.is_valid():
        form.instance.saved_at = timezone.now()
        before = _mapped(service.settings_for(viewer.account))
        form.save()
        event_add(
            viewer.account,
            "settings.mapping",
            actor=viewer.member,
            before=before,
            after=_mapped(form.instance),
        )
        messages.success(
            request, _("Saved. New invoices are filled like this; earlier ones stay as they are.")
        )
        return redirect("quickbooks:settings")
    typed = request.POST if is_save else {}
    context = {
        **_connection_context(request, viewer),
        "form": form,
        "choices": ChoicesForm(instance=service.settings_for(viewer.account), company=_company(viewer)),
        "lacks": lacking_counts(viewer.account),
        "more_rows": form.more_rows(_own_fields(viewer)),
        "has_more": bool(rules_of(stored.more_fields))
        or any(name.startswith("more_") for name in form.errors),
        "pickers": [_picker(form, name, catalogue, suggested) for name in MAPPED],
        "viewer": viewer,
        "admins": Member.objects.filter(account=viewer.account, role__in=Member.ADMINS),
        "presets": preset_rows(viewer.account),
        "has_pipedrive": wants_write_back(viewer.account),
        **_preview(viewer, saved, request.GET.get("deal", ""), typed),
    }
    return render(request, "quickbooks/settings.html", context, status=422 if is_save else 200)


@require_POST
@viewer_required
def settings_choices(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Save how invoices are written; unknown choices change nothing."""
    if not viewer.is_admin:
        return refuse(request, "settings_need_admin")
    form = ChoicesForm(request.POST, instance=service.settings_for(viewer.account), company=_company(viewer))
    if form.is_valid():
        before = {name: form.initial.get(name) for name in form.fields}
        form.save()
        event_add(
            viewer.account, "settings.choices", actor=viewer.member, before=before, after=form.cleaned_data
        )
        messages.success(
            request, _("Saved. New invoices are written like this; earlier ones stay as they are.")
        )
    else:
        messages.error(request, _("Nothing was saved: choose one of the choices that are offered."))
    return redirect(reverse("quickbooks:settings") + "#choices")


def _mapped(row: InvoicingSettings) -> dict[str, Any]:
    return {name: getattr(row, name) for name in (*MAPPED, "due_days", "more_fields")}


def _own_fields(viewer: Viewer) -> dict[str, str]:
    """Return the fields of its own that the connected company has on invoices, by their place in the mapping."""
    connection = connection_for(viewer.account)
    facts = connection.company.invoice_facts if connection else None
    return {f"custom_{key}": name for key, name in facts.custom_fields} if facts else {}


def _company(viewer: Viewer) -> Company | None:
    connection = connection_for(viewer.account)
    return connection.company if connection else None


def _connection_context(request: HttpRequest, viewer: Viewer) -> dict[str, Any]:
    """Return what the connection card shows, and the notice that waits for this page, shown once."""
    connection = connection_for(viewer.account)
    former = None if connection else last_connection_for(viewer.account)
    waiting = request.session.pop(NOTICE, None) or {}
    links = link_counts(former) if former else None
    return {
        "connection": connection,
        "needs_keys": connection is None and may_set_keys(viewer) and not all(client_keys()),
        "callback_address": f"{settings.PUBLIC_URL}/quickbooks/callback/",
        "connected_on": connection.connected_at.astimezone(company_zone(connection)).date()
        if connection
        else None,
        "tax_word": tax_word(connection.company.country) if connection else "",
        "former": former if links and links.is_any else None,
        "link_counts": links,
        "notice": refusal_for(str(waiting.get("code", "")), waiting.get("params", {})),
        "progress": initial_import_progress(connection, now=timezone.now()) if connection else None,
        "web_link": company_link(
            web_url(settings.QUICKBOOKS_ENVIRONMENT, settings.QUICKBOOKS_WEB_URL),
            realm_id=connection.company.realm_id,
        )
        if connection
        else "",
    }


def _mapping(stored: InvoicingSettings) -> FieldMapping:
    return service.mapping_of(stored)


def _picker(
    form: MappingForm, name: str, catalogue: tuple[MappableField, ...], suggested: str
) -> dict[str, Any]:
    value = form[name].value() or ""
    entry = next((entry for entry in catalogue if entry.key == value), None)
    return {
        "field": form[name],
        "icon": "tag" if entry and entry.is_custom else ICONS[entry.group] if entry else "search",
        "gone": "" if form.is_bound else form.gone.get(name, ""),
        "suggested": SUGGESTED.get(name, suggested),
        "is_suggested": bool(value) and value == SUGGESTED.get(name, suggested),
    }


@dataclass(frozen=True)
class Preview:
    """How an invoice would be filled; `changed` names the fields that differ from what is saved."""

    filled: FilledCustomer
    changed: frozenset[str]
    issued: date
    due: date | None
    due_problem: str


def _preview(viewer: Viewer, saved: FieldMapping, chosen: str, typed: Mapping[str, Any]) -> dict[str, Any]:
    deals = preview_deals(viewer.account)
    deal = _preview_deal(viewer, deals, chosen)
    mapping = FieldMapping(
        to=typed.get("to_field", saved.to),
        address=typed.get("address_field", saved.address),
        email=typed.get("email_field", saved.email),
        tax_id=typed.get("tax_id_field", saved.tax_id),
        more=typed_rules(typed) if typed else saved.more,
    )
    days = parse_due_days(str(typed.get("due_days", saved.due_days)))
    today = _today(viewer, timezone.now())
    is_bad = isinstance(days, Problem)
    changed = {
        name
        for name in ("to", "address", "email", "tax_id")
        if getattr(mapping, name) != getattr(saved, name)
    }
    changed |= {slot for slot in SLOTS if mapping.more.get(slot) != saved.more.get(slot)}
    if is_bad or days != saved.due_days:
        changed.add("due")
    return {
        "preview_deals": deals if deal is None or deal in deals else [deal, *deals],
        "preview_deal": deal,
        "preview": Preview(
            filled=fill_customer(
                load_snapshot(deal),
                drop_missing_fields(mapping, field_catalogue(custom_field_facts(viewer.account))),
            ),
            changed=frozenset(changed),
            issued=today,
            due=None if isinstance(days, Problem) else due_date(today, days=days),
            due_problem=problem_text(days) if isinstance(days, Problem) else "",
        )
        if deal
        else None,
    }


def _preview_deal(viewer: Viewer, deals: list[Deal], chosen: str) -> Deal | None:
    key = parse_pk(chosen)
    if key is not None:
        return deal_for(viewer, key)
    return deals[0] if deals else None


def _today(viewer: Viewer, now: datetime) -> date:
    connection = connection_for(viewer.account)
    return company_today(connection, now=now) if connection else now.date()


@require_safe
@viewer_required
def preview(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Show how the mapping as it stands in the form would fill an invoice."""
    saved = _mapping(service.settings_for(viewer.account))
    context = _preview(viewer, saved, request.GET.get("deal", ""), request.GET)
    return render(request, "quickbooks/_preview.html", {**context, "is_swap": True})


@require_safe
@viewer_required
def field_options(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Return the fields that match what was typed into a picker, with their values on the preview deal."""
    query = request.GET.get("q", "").replace("\0", "").strip()[:100]
    catalogue = field_catalogue(custom_field_facts(viewer.account))
    deal = _preview_deal(viewer, preview_deals(viewer.account), request.GET.get("deal", ""))
    snapshot = load_snapshot(deal) if deal else None
    suggested = SUGGESTED.get(request.GET.get("slot", ""), suggested_tax_id_field(catalogue))
    options = [_option(entry, snapshot, suggested) for entry in catalogue if _matches(entry, query)]
    groups = [
        (GROUP_WORDS[group], [option for option in options if option["group"] == group]) for group in GROUPS
    ]
    context = {
        "groups": [(label, rows) for label, rows in groups if rows],
        "count": len(options),
        "all_count": len(catalogue),
        "query": query,
        "has_empty": request.GET.get("slot", "") != "to_field",
    }
    return render(request, "quickbooks/_field_options.html", context)


def _matches(entry: MappableField, query: str) -> bool:
    text = f"{GROUP_WORDS[entry.group]} {field_label(entry)}".casefold()
    return all(word in text for word in query.casefold().split())


def _option(entry: MappableField, snapshot: DealSnapshot | None, suggested: str) -> dict[str, Any]:
    label = field_label(entry)
    return {
        "key": entry.key,
        "group": entry.group,
        "label": label,
        "name": label.partition(" – ")[2],
        "icon": "tag" if entry.is_custom else ICONS[entry.group],
        "is_custom": entry.is_custom,
        "is_suggested": entry.key == suggested,
        "value": " · ".join(read_field(snapshot, entry.key).splitlines())[:60] if snapshot else "",
    }

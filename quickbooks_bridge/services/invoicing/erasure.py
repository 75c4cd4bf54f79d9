"""What the QuickBooks side's tables hold of people, and what an erasure does to each. Bookkeeping stands."""

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from deals.erasure.registry import (
    LABEL,
    Declaration,
    Elsewhere,
    declare,
    register_declarations,
    register_elsewhere,
    register_obstacle,
)
from deals.erasure.subject import Subject
from deals.erasure.words import Replacer, is_address
from deals.timeline import without_personal
from quickbooks_bridge import models as qbo
from quickbooks_bridge.domain.deep_links import customer_link, web_url
from quickbooks_bridge.domain.record_chain import recorded_body

from .intents import OPEN_STATES
from .records import records_erased

NAMES_GO = _("Names and addresses are replaced in the texts.")
NOBODY = _("Names nobody.")
REMOTE = "company__account"
MOST_SHOWN = 20


def register_erasure() -> None:
    """Declare this app's tables; invoices before the customers by whose names they are found."""
    register_declarations([*_of_invoices(), *_lists(), *_settings(), *_nobodys()])
    register_elsewhere(_in_quickbooks)
    register_obstacle(_under_way)


def _links(subject: Subject, qbo_id: str) -> Exists:
    """Return the condition that a customer's id is linked to the person, or to a deal that has nobody else."""
    links = qbo.CustomerLink.objects.filter(company=OuterRef("company"), customer_qbo_id=OuterRef(qbo_id))
    mine = Q(person__in=subject.persons) | Q(organization__in=subject.organizations)
    return Exists(links.filter(mine))


def _named(subject: Subject, field: str) -> Q:
    """Return the condition that a field is one of the person's names, as nobody else's."""
    names = [name for name in subject.names if name not in subject.shared and not is_address(name)]
    return reduce(or_, [Q(**{f"{field}__iexact": name}) for name in names], Q(pk__in=[]))


def _own_customers(subject: Subject) -> Q:
    return Q(_links(subject, "qbo_id")) | _named(subject, "display_name")


def _own_invoices(subject: Subject) -> Q:
    is_linked = Q(_links(subject, "customer_qbo_id"))
    return is_linked | _named(subject, "customer_name") | Q(deal__in=subject.client_deals())


def _event(row: qbo.InvoiceEvent, changed: dict[str, Any], replacer: Replacer) -> dict[str, Any]:
    """Return an event as its kind says that an erasure leaves it."""
    return {"data": without_personal(row.kind, changed["data"])}


def _body(row: qbo.InvoiceIntent, changed: dict[str, Any], replacer: Replacer) -> dict[str, Any]:
    """Return nothing new for one that is being sent: repeated, its body must be the same. The run waits for it."""
    is_open = row.state in OPEN_STATES
    return {name: getattr(row, name) for name in changed} if is_open else {}


def _records(rows: Sequence[qbo.InvoiceRecord]) -> None:
    records_erased(rows, now=timezone.now())


def _of_invoices() -> list[Declaration]:
    near_deal = {"near": lambda subject: Q(deal__in=subject.named_deals())}
    near_invoice = {"near": lambda subject: Q(invoice__deal__in=subject.named_deals())}
    return [
        declare(
            qbo.SavedDraft, _("Invoice forms that were left"), account="account", texts="state", is_deleted=True,
            own=lambda subject: Q(member__in=subject.members) | Q(deal__in=subject.client_deals()),
            removes=_("The person’s own, and those for them, are deleted."),
        ),
        declare(
            qbo.InvoiceIntent, _("Invoices that were sent"), account="account",
            texts="payload customer_payload problems context form allocation",
            plain="token state request_id customer_request_id customer_qbo_id currency content_key ship_to_key seen",
            own=lambda subject: Q(deal__in=subject.client_deals()) & ~Q(state__in=OPEN_STATES), **near_deal, rewrite=_body,
            emptied={"payload": lambda row, label: recorded_body(row.payload), "customer_payload": None, "form": None},
            removes=_("Addresses, email, messages and the form as it was typed."),
            keeps=_("Lines, amounts and references: what was sent, and that it was sent once."),
        ),
        declare(
            qbo.InvoiceAttachment, _("Files of invoices"), account="account", texts="name",
            plain="media token request_id state problem qbo_id", **near_deal, removes=_("Names in file names."),
            keeps=_("What the file holds until QuickBooks has it; then it is there alone."),
        ),
        declare(
            qbo.InvoiceEvent, _("What happened to invoices"), account="account", texts="data", plain="kind source",
            rewrite=_event, **near_invoice, removes=_("Addresses, reasons and names."),
            keeps=_("Order, count, time, amounts and who did it, by key."),
        ),
        declare(
            qbo.InvoiceRecord, _("Histories of invoices"), account="account", texts="data", plain="kind",
            sealed="previous digest", after=_records, **near_invoice, removes=NAMES_GO,
            keeps=_("Every entry and its seal; a further entry seals what is left, so that the history still verifies."),
        ),
        declare(
            qbo.VoidOperation, _("Voids"), account="account", texts="payments reason", plain="request_id",
            **near_invoice, removes=NAMES_GO, keeps=_("That the invoice was voided, and by whom."),
        ),
        declare(
            qbo.Invoice, _("Invoices"), account=REMOTE, texts="customer_name", addresses="bill_email",
            plain="qbo_id doc_number customer_qbo_id currency alarm alarm_cause email_status payment_qbo_ids",
            own=_own_invoices, emptied={"customer_name": LABEL, "bill_email": ""}, **near_deal,
            removes=_("Name and email."),
            keeps=_("Numbers, dates, amounts and ids: accounting records. The name on the invoice is in QuickBooks, as the law has it."),
        ),
        declare(
            qbo.CreditMemo, _("Credit memos"), account=REMOTE, texts="doc_number", plain="qbo_id customer_qbo_id currency",
            removes=NAMES_GO, keeps=_("Dates and amounts: accounting records."),
        ),
        declare(
            qbo.Payment, _("Payments"), account=REMOTE, texts="reference method", plain="qbo_id customer_qbo_id currency applied",
            removes=NAMES_GO, keeps=_("Dates and amounts: accounting records."),
        ),
    ]  # fmt: skip


def _lists() -> list[Declaration]:
    places = (
        "company_name",
        "email",
        "line1",
        "line2",
        "line3",
        "city",
        "region",
        "postal_code",
        "country",
        "tax_id",
    )
    remote = {"account": REMOTE, "removes": NAMES_GO}
    return [
        declare(
            qbo.Customer, _("Copies of QuickBooks’ customers"), account=REMOTE,
            texts="display_name company_name line1 line2 line3 city region ship_address tax_id search_text postal_code country",
            addresses="email", plain="qbo_id currency term_qbo_id tax_code_qbo_id", own=_own_customers,
            emptied={
                "display_name": LABEL, **dict.fromkeys(places, ""), "ship_address": lambda row, label: {},
                "search_text": lambda row, label: label.casefold(),
            },
            removes=_("Name, email, addresses and tax id."),
            keeps=_("The customer’s id, by which its invoices are found. QuickBooks’ own row is read again when it changes there."),
        ),
        declare(
            qbo.Item, _("Copies of QuickBooks’ products"), **remote, texts="name sku description search_text",
            plain="qbo_id kind income_account income_account_qbo_id tax_code_qbo_id parts",
        ),
        declare(qbo.SalesClass, _("Copies of QuickBooks’ classes"), **remote, texts="name", plain="qbo_id"),
        declare(qbo.Location, _("Copies of QuickBooks’ locations"), **remote, texts="name", plain="qbo_id"),
        declare(qbo.TaxCode, _("Copies of QuickBooks’ tax codes"), **remote, texts="name rates", plain="qbo_id"),
        declare(qbo.Term, _("Copies of QuickBooks’ terms"), **remote, texts="name", plain="qbo_id"),
        declare(
            qbo.ItemLink, _("Links of products"), **remote, texts="name_key", unique="name_key", plain="item_qbo_id",
        ),
        declare(
            qbo.CustomerLink, _("Links of customers"), plain="customer_qbo_id",
            keeps=_("Ids alone: which customer a contact or a deal is in QuickBooks, so that nothing is billed to another."),
        ),
        declare(qbo.UnreadableObject, _("Objects that could not be read"), **remote, texts="reason", plain="entity qbo_id"),
    ]  # fmt: skip


def _settings() -> list[Declaration]:
    return [
        declare(
            qbo.OAuthState, _("Consents that were begun"), account="account", sealed="digest", is_deleted=True,
            own=lambda subject: Q(member__in=subject.members), removes=_("The person’s own rows are deleted."),
        ),
        declare(
            qbo.Notification, _("Notifications"), account="account", texts="data", plain="kind key", is_deleted=True,
            own=lambda subject: Q(member__in=subject.members),
            removes=_("Those to the person are deleted; in others names are replaced."),
        ),
        declare(
            qbo.ActionItem, _("Issues that people decided about"), account="account", texts="subject", plain="key kind occurrence",
            removes=NAMES_GO, keeps=_("What was decided when, and by whom, by key."),
        ),
        declare(
            qbo.ChatChannel, _("Chat channels"), account="account", plain="kind language muted problem", sealed="address",
            keeps=NOBODY,
        ),
        declare(qbo.ChatMessage, _("Chat messages"), account="channel__account", plain="key data", keeps=NOBODY),
        declare(
            qbo.InvoicePreset, _("Presets"), account="account", texts="name message memo", unique="name",
            plain="tax currency term_qbo_id tax_code_qbo_id class_qbo_id location_qbo_id", removes=NAMES_GO,
        ),
        declare(
            qbo.DealReadiness, _("Checks of deals"), account="account", texts="problems", plain="codes lacks",
            near=lambda subject: Q(deal__in=subject.named_deals()), removes=NAMES_GO,
        ),
        declare(
            qbo.InvoicingSettings, _("Invoicing settings"), keeps=NOBODY,
            plain="to_field address_field email_field tax_id_field tax_policy more_fields discount_style us_tax_id_field",
        ),
        declare(
            qbo.Connection, _("Connections"), plain="status", sealed="access_token refresh_token",
            keeps=_("Who connected QuickBooks, by key; the connection goes on."),
        ),
    ]  # fmt: skip


def _nobodys() -> list[Declaration]:
    return [
        declare(
            qbo.Company, _("QuickBooks companies"), keeps=_("The account’s own company."),
            plain="realm_id name country edition home_currency time_zone facts income_accounts discount_account_qbo_id",
        ),
        declare(qbo.SyncState, _("How far changes are read"), plain="last_error import_state import_progress", keeps=NOBODY),
        declare(qbo.ExchangeRate, _("Exchange rates"), plain="currency", keeps=NOBODY),
        declare(qbo.InstallationKeys, _("Keys of the Intuit app"), sealed="client_id client_secret", keeps=NOBODY),
        declare(qbo.Heartbeat, _("Signs of life"), plain="name", keeps=NOBODY),
        declare(qbo.DealVersion, _("Versions of deals"), keeps=NOBODY),
        declare(qbo.DealReport, _("What was written back"), keeps=NOBODY),
        declare(qbo.ApiUsage, _("Calls by day"), plain="purpose", keeps=NOBODY),
        declare(qbo.SyncLatencyHour, _("How long changes took"), keeps=NOBODY),
        declare(qbo.Outage, _("Outages"), plain="problem", keeps=NOBODY),
        declare(qbo.UnreadableEvents, _("Webhook events that could not be read"), plain="realm_id", keeps=NOBODY),
        declare(qbo.ReadsBlock, _("Blocks of reads"), plain="scope", keeps=NOBODY),
        declare(
            qbo.WebhookEvent, _("Webhook events of QuickBooks"), plain="event_id realm_id entity qbo_id operation",
            keeps=_("Ids alone."),
        ),
    ]  # fmt: skip


def _customers(subject: Subject) -> QuerySet[qbo.Customer]:
    rows = qbo.Customer.objects.filter(_own_customers(subject), company__account=subject.account)
    return rows.select_related("company").order_by("pk")


def _in_quickbooks(subject: Subject) -> list[Elsewhere]:
    """Return the customers of QuickBooks that the person is, with the way to each."""
    base = web_url(settings.QUICKBOOKS_ENVIRONMENT, settings.QUICKBOOKS_WEB_URL)
    found = []
    for row in _customers(subject)[:MOST_SHOWN]:
        count = qbo.Invoice.objects.filter(company=row.company_id, customer_qbo_id=row.qbo_id).count()
        text = _t("%(name)s, customer %(id)s with %(n)s invoices") % {
            "name": row.display_name,
            "id": row.qbo_id,
            "n": count,
        }
        url = customer_link(base, realm_id=row.company.realm_id, qbo_id=row.qbo_id)
        found.append(Elsewhere(f"QuickBooks · {row.company}", text, url))
    return found


def _under_way(subject: Subject) -> str:
    """Return why nothing may be erased while an invoice of the person is being sent: its body must stay what it was."""
    rows = qbo.InvoiceIntent.objects.filter(account=subject.account, state__in=OPEN_STATES)
    replacer, clients = subject.replacer(""), subject.client_deals()
    names_them = any(
        replacer.value(body) != body
        for pair in rows.values_list("payload", "customer_payload")
        for body in pair
    )
    if not names_them and not rows.filter(deal__in=clients).exists():
        return ""
    return _t("An invoice that names them is not confirmed yet. Wait until it is, then erase.")

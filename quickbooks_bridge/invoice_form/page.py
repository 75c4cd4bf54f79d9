"""The form's page: what its templates show of an outcome."""

from typing import Any

from django.conf import settings

from deals.models import Deal
from deals.selectors import load_snapshot
from quickbooks_bridge.domain.deal_prices import INSTALLMENT
from quickbooks_bridge.domain.deep_links import customer_link, web_url
from quickbooks_bridge.messages.problems import message_for
from quickbooks_bridge.selectors.connections import company_zone
from quickbooks_bridge.selectors.duplicates import allocated_quantities
from quickbooks_bridge.services.invoicing.attachments import attachments_of_form

from .checking import check
from .form_data import FormData
from .form_state import FormState
from .submission_error import failure_of, refused_problems
from .template_context import form_context, help_of
from .workflow import FormOutcome


def page_context(outcome: FormOutcome, state: FormState, data: FormData) -> dict[str, Any]:
    """Return the template context of a form that is shown."""
    refused = refused_problems(outcome.refused, state) if outcome.refused else []
    if refused is None:
        outcome.refused, refused = None, []
    context = form_context(state, data, check(state, data), is_posted=outcome.is_posted, refused=refused)
    if outcome.refused:
        context["failure"] = failure_of(outcome.refused, data.connection, help_of(state, data, {}))
    if data.customer is not None:
        base = web_url(settings.QUICKBOOKS_ENVIRONMENT, settings.QUICKBOOKS_WEB_URL)
        context["customer_url"] = customer_link(
            base, realm_id=data.connection.company.realm_id, qbo_id=data.customer.qbo_id
        )
    context["attachments"] = attachments_of_form(data.deal, state.values["token"])
    context["file_problems"] = [(name, message_for(code)) for name, code in outcome.file_problems]
    context["installments"] = installment_rows(data.deal, state)
    return context | {"outcome": outcome, "zone": company_zone(data.connection)}


def installment_rows(deal: Deal, state: FormState) -> list[dict[str, Any]]:
    """Return a deal's installments with whether each is billed already, or is what this form bills."""
    parts = load_snapshot(deal).installments if deal.installments else ()
    if not parts:
        return []
    billed = allocated_quantities(deal)
    here = {line["source"] for line in state.lines}
    return [
        {
            "part": part,
            "is_billed": f"{INSTALLMENT}{part.id}" in billed,
            "is_here": f"{INSTALLMENT}{part.id}" in here,
        }
        for part in parts
    ]

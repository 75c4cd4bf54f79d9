"""What of the CRM that deals are read from needs somebody."""

from dataclasses import replace
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from deals.crm_source import CrmTrouble, crm_troubles
from deals.fields import field_catalogue
from deals.selectors import custom_field_facts
from quickbooks_bridge.domain.field_mapping import mapping_problems
from quickbooks_bridge.models import Connection
from quickbooks_bridge.services.connections.lifecycle import mapping_of, settings_for

from .components import ERROR, WARNING, Health, HealthIssue, grouped

PLACES = {
    "to_field": gettext_lazy("To"),
    "address_field": gettext_lazy("Address"),
    "email_field": gettext_lazy("Email"),
    "tax_id_field": gettext_lazy("Customer tax ID"),
}


def crm_state(health: Health, connection: Connection, now: datetime) -> None:
    """Add a finding for each trouble with a CRM."""
    for trouble in crm_troubles(connection.account, now=now):
        found = _finding(trouble)
        link = reverse("access:page") + "#pipedrive"
        health.findings.append(replace(found, link=link, link_text=_("See to it")))


def mapping_state(health: Health, connection: Connection) -> None:
    """Say that a field which invoices are filled from is gone in the CRM: they would have an empty place without a word."""
    account = connection.account
    mapping = mapping_of(settings_for(account))
    gone = mapping_problems(mapping, field_catalogue(custom_field_facts(account)))
    if not gone:
        return
    names = [str(PLACES[problem.field]) for problem in gone]
    health.findings.append(
        HealthIssue(
            "mapping", WARNING, _("The field for %(places)s is gone in the CRM") % {"places": ", ".join(names)},
            _("New invoices have nothing there until another field is chosen."), _("An admin"),
            link=reverse("quickbooks:settings") + "#mapping", link_text=_("Choose a field"),
        )
    )  # fmt: skip


def _finding(trouble: CrmTrouble) -> HealthIssue:
    words = {"crm": trouble.crm, "names": ", ".join(trouble.names), "count": grouped(trouble.count)}
    if trouble.code == "sign_in":
        return HealthIssue(
            "crm-sign-in", ERROR, _("%(crm)s no longer accepts a permission") % words,
            _("Panels of these people stay closed until they install the app again in %(crm)s.") % words,
            ", ".join(trouble.names),
        )  # fmt: skip
    if trouble.code == "writes":
        title = ngettext(
            "%(count)s note or field was not written into %(crm)s",
            "%(count)s notes or fields were not written into %(crm)s",
            trouble.count,
        )
        return HealthIssue(
            "crm-writes", WARNING, title % words, _("It was tried for hours without success. Nothing else waits for it."),
            _("An admin"),
        )  # fmt: skip
    return HealthIssue(
        "crm-set-up", WARNING, _("%(crm)s could not be set up") % words,
        _("Its people, fields and webhooks could not be read for more than a day. Deals are read when they are opened."),
        _("An admin"), again=_("Every two minutes"),
    )  # fmt: skip

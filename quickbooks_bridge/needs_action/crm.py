"""What of the CRM that deals are read from needs somebody."""

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from deals.crm_source import CrmTrouble, crm_troubles
from deals.fields import field_catalogue
from deals.selectors import custom_field_facts
from quickbooks_bridge.domain.field_mapping import mapping_problems
from quickbooks_bridge.models import Connection, InvoicingSettings
from quickbooks_bridge.services.connections.lifecycle import mapping_of

from .issue import ERROR, WARNING, Actor, Issue, Topic, grouped

PLACES = {
    "to_field": gettext_lazy("To"),
    "address_field": gettext_lazy("Address"),
    "email_field": gettext_lazy("Email"),
    "tax_id_field": gettext_lazy("Customer tax ID"),
}


def crm_issues(connection: Connection, *, now: datetime) -> Iterator[Issue]:
    """Return an issue for each trouble with a CRM."""
    for trouble in crm_troubles(connection.account, now=now):
        yield _issue(trouble)


def mapping_issues(connection: Connection) -> Iterator[Issue]:
    """Return that a field which invoices are filled from is gone in the CRM: they would have an empty place without a word."""
    account = connection.account
    kept = InvoicingSettings.objects.filter(account=account).first()
    if kept is None:  # nothing was chosen yet, and looking chooses nothing
        return
    gone = mapping_problems(mapping_of(kept), field_catalogue(custom_field_facts(account)))
    if gone:
        names = [str(PLACES[problem.field]) for problem in gone]
        yield Issue(
            "mapping", "mapping", WARNING,
            _("The field for %(places)s is gone in the CRM") % {"places": ", ".join(names)},
            _("New invoices have nothing there until another field is chosen."), _("An admin"), Actor.ADMIN,
            Topic.CRM, occurrence=",".join(problem.field for problem in gone),
            link=reverse("quickbooks:settings") + "#mapping", link_text=_("Choose a field"),
        )  # fmt: skip


def _issue(trouble: CrmTrouble) -> Issue:
    words = {"crm": trouble.crm, "names": ", ".join(trouble.names), "count": grouped(trouble.count)}
    link = reverse("access:page") + "#pipedrive"
    if trouble.code == "sign_in":
        return Issue(
            "crm-sign-in", "crm_sign_in", ERROR, _("%(crm)s no longer accepts a permission") % words,
            _("Panels of these people stay closed until they install the app again in %(crm)s.") % words,
            ", ".join(trouble.names), Actor.REP, Topic.CRM, occurrence=words["names"][:80],
            subject=trouble.crm, link=link, link_text=_("See to it"),
        )  # fmt: skip
    if trouble.code == "writes":
        title = ngettext(
            "%(count)s note or field was not written into %(crm)s",
            "%(count)s notes or fields were not written into %(crm)s",
            trouble.count,
        )
        return Issue(
            "crm-writes", "crm_writes", WARNING, title % words,
            _("It was tried for hours without success. Nothing else waits for it."), _("An admin"), Actor.ADMIN,
            Topic.CRM, occurrence=str(trouble.count), subject=trouble.crm, link=link,
            link_text=_("See to it"), is_solvable=True,
        )  # fmt: skip
    return Issue(
        "crm-set-up", "crm_set_up", WARNING, _("%(crm)s could not be set up") % words,
        _("Its people, fields and webhooks could not be read for more than a day. Deals are read when they are opened."),
        _("An admin"), Actor.ADMIN, Topic.CRM, subject=trouble.crm, again=_("Every two minutes"), link=link,
        link_text=_("See to it"),
    )  # fmt: skip

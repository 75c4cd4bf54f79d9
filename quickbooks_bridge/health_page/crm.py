"""What of the CRM that deals are read from needs somebody."""

from dataclasses import replace
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from deals.crm_source import CrmTrouble, crm_troubles
from quickbooks_bridge.models import Connection

from .components import ERROR, WARNING, Health, HealthIssue, grouped


def crm_state(health: Health, connection: Connection, now: datetime) -> None:
    """Add a finding for each trouble with a CRM."""
    for trouble in crm_troubles(connection.account, now=now):
        found = _finding(trouble)
        link = reverse("access:page") + "#pipedrive"
        health.findings.append(replace(found, link=link, link_text=_("See to it")))


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

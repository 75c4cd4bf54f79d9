"""Whether the connection lives, who owns it and until when."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm_invoicing.ui.templatetags.ui import day_text
from quickbooks_bridge.messages.times import time_text
from quickbooks_bridge.models import Connection
from quickbooks_bridge.selectors.connections import company_zone

from .components import ERROR, OK, WARNING, Health, Tile


def connection_facts(health: Health, connection: Connection, now: datetime) -> None:
    """Say how the connection stands."""

    def when(at: datetime | None) -> str:
        return time_text(at, connection, now=now) if at else _("not known")

    def day(at: datetime | None) -> str:
        return day_text(at.astimezone(company_zone(connection)).date()) if at else _("not known")

    if connection.status == Connection.Status.NEEDS_RECONNECT:
        health.tiles.append(Tile(_("Connection"), ERROR, _("Ended"), _("Reconnect to go on")))
    elif connection.status == Connection.Status.DISCONNECTED:
        health.tiles.append(
            Tile(_("Connection"), WARNING, _("Disconnected"), _("The settings page connects again"))
        )
    else:
        renewal = _("Access renews itself by %(when)s") % {"when": when(connection.access_expires_at)}
        health.tiles.append(Tile(_("Connection"), OK, _("Alive"), renewal))
    ends = connection.consent_expires_at
    days = (now - connection.connected_at).days
    consent = ngettext("%(count)s day ago", "%(count)s days ago", days) % {"count": days}
    health.facts += [
        (_("Company"), connection.company.name),
        (_("Owner"), connection.owner.name),
        (_("Consent given"), consent if days else _("today")),
        (_("Tokens renewed"), when(connection.tokens_stored_at)),
        (_("Access good until"), when(connection.access_expires_at)),
        (_("Renewable until"), day(connection.refresh_expires_at)),
        (_("Consent ends"), day(ends) if ends else _("not told by QuickBooks")),
    ]

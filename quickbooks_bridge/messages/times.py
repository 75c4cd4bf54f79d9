"""Moments as a page says them, in the company's time zone."""

from datetime import datetime

from django.utils.translation import gettext as _

from crm_invoicing.ui.templatetags.ui import clock, moment
from quickbooks_bridge.models import Connection
from quickbooks_bridge.selectors.connections import company_zone


def time_text(at: datetime, connection: Connection, *, now: datetime) -> str:
    """Return the time of day where the company is, with the day when it is not today's."""
    zone = company_zone(connection)
    if at.astimezone(zone).date() == now.astimezone(zone).date():
        return clock(at, zone)
    return moment(at, zone)


def day_and_time_text(at: datetime, connection: Connection, *, now: datetime) -> str:
    """Return the day and the time of day where the company is, "today" for today's."""
    zone = company_zone(connection)
    if at.astimezone(zone).date() == now.astimezone(zone).date():
        return _("today at %(time)s") % {"time": clock(at, zone)}
    return _("on %(moment)s") % {"moment": moment(at, zone)}

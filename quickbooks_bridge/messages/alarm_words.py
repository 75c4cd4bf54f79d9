"""What is odd about an invoice, in words: for the row, with its likely cause, and who should look."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from quickbooks_bridge.domain.alarms import Alarm, Cause

TITLES: dict[str, Promise] = {
    Alarm.RATE_ONE: _("Booked at an exchange rate of 1"),
    Alarm.TAX_ZERO: _("No tax although lines are taxable"),
    Alarm.TOTAL_DIFFERS: _("Total is not the expected one"),
}
CAUSES: dict[str, Promise] = {
    Cause.EXEMPT: _("The customer is probably exempt from sales tax in QuickBooks by now."),
    Cause.NO_PLACE: _("QuickBooks was not told where it is delivered."),
    Cause.NOT_COLLECTED: _(
        "Right where you collect no sales tax; otherwise check the address and the product."
    ),
    Cause.ROUNDING: _("The difference is one of rounding."),
    Cause.TAX_CHANGED: _("The tax rate was probably changed in QuickBooks since it was read."),
    Cause.LINES_CHANGED: _("QuickBooks changed a line or a discount. Compare it there before you send it."),
    Cause.RATE_NOT_KEPT: _(
        "Your books count one unit of it as one of yours. Correct the rate in QuickBooks."
    ),
}


def alarm_title(alarm: str) -> str:
    """Return what is odd, "" for nothing."""
    return str(TITLES.get(alarm, ""))


def cause_text(cause: str) -> str:
    """Return why, as far as it can be told."""
    return str(CAUSES.get(cause, ""))

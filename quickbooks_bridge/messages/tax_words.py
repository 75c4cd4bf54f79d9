"""What each country calls its tax on sales, in one place."""

from decimal import Decimal

from django.utils.translation import gettext as _


def tax_word(country: str) -> str:
    """Return the name of the tax in a country: sales tax, VAT, GST and so on."""
    words = {
        "US": _("Sales tax"),
        "USA": _("Sales tax"),
        "CA": _("GST/HST"),
        "AU": _("GST"),
        "NZ": _("GST"),
        "IN": _("GST"),
        "SG": _("GST"),
        "NO": _("MVA"),
        "FR": _("TVA"),
    }
    return words.get(country, _("VAT"))


def code_label(name: str, percent: Decimal) -> str:
    """Return how a tax code is offered: its name, with its percentage where the name does not say it."""
    text = format(percent.normalize(), "f")
    return name if text in name.replace(",", ".") else f"{name} ({text}%)"

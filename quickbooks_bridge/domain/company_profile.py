"""What of a company decides how things are written for it, and how numbers are written for QuickBooks."""

from dataclasses import dataclass
from decimal import Decimal

from .company_facts import PLAIN, CompanyFacts
from .tax import NO_TAX, TaxRules


@dataclass(frozen=True)
class PayloadProfile:
    """What of the company decides how an invoice is written."""

    country: str
    home_currency: str
    is_multicurrency: bool = False
    rules: TaxRules = NO_TAX
    facts: CompanyFacts = PLAIN

    # In the United States, where customers have no field for it: "resale" or "" for nowhere.
    us_tax_id: str = "resale"

    @property
    def tax_id_field(self) -> str:
        """QuickBooks' name of the field that a customer's tax id goes to, "" where it goes nowhere."""
        if not self.is_us:
            return "PrimaryTaxIdentifier"
        return "ResaleNum" if self.us_tax_id == "resale" else ""

    @property
    def is_us(self) -> bool:
        """Whether lines are TAX or NON."""
        return self.country in {"US", "USA"}


def format_decimal(number: Decimal) -> str:
    """Write a number without exponent and without idle zeros."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text

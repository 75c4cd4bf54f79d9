"""What a draft is checked against: what the local copy knows of the company, the customer and the products."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from .company_facts import PLAIN, CompanyFacts
from .draft import PresetFacts
from .duplicates import SimilarInvoice
from .tax import NO_TAX, TaxRules


@dataclass(frozen=True)
class CustomerFacts:
    """What the local index knows of the chosen QuickBooks customer."""

    display_name: str
    currency: str
    is_active: bool
    is_taxable: bool = True


@dataclass(frozen=True)
class ItemFacts:
    """What the local index knows of a QuickBooks product."""

    name: str
    is_active: bool
    kind: str
    # Of counted stock: how many are left, and the day from which they are counted.
    on_hand: Decimal | None = None
    counted_since: date | None = None


@dataclass(frozen=True)
class TermRule:
    """The payment terms that will print, and the due date they mean."""

    name: str
    due: date | None
    is_customers: bool = False


@dataclass(frozen=True)
class PreflightFacts:
    """What a draft is checked against. `taken_names` are comparable (texts.py) names QuickBooks already uses.

    `deal_left` is what the deal's value leaves to invoice before tax, None where that cannot be said. `deal_currency` is
    that of the deal's amounts, "" for a deal without any. `number_taken_by` names the invoice that has the number.
    """

    today: date
    home_currency: str
    is_multicurrency: bool = False
    rules: TaxRules = NO_TAX
    is_us: bool = True
    has_custom_numbers: bool = False
    number_taken_by: str = ""
    next_number: str = ""
    deal_currency: str = ""
    has_ship_to: bool = True
    is_ship_to_waived: bool = False
    term: TermRule | None = None
    # Whether the chosen terms can no longer be chosen.
    is_term_gone: bool = False
    book_close_date: date | None = None
    customer: CustomerFacts | None = None
    items: Mapping[str, ItemFacts] = field(default_factory=dict)
    taken_names: frozenset[str] = frozenset()
    deal_left: Decimal | None = None
    facts: CompanyFacts = PLAIN
    allows_discount: bool = True
    # The ids that can be chosen.
    classes: frozenset[str] = frozenset()
    locations: frozenset[str] = frozenset()
    preset: PresetFacts | None = None
    # The number of the deal's invoice that bills exactly this, "" for none; and invoices that may be this one.
    identical: str = ""
    similar: tuple[SimilarInvoice, ...] = ()

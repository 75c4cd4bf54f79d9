"""An invoice before QuickBooks knows it: what the form holds, and how it is filled from a deal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

DiscountKind = Literal["percent", "amount"]
TaxChoice = Literal["by_product", "taxable", "not_taxed"]


@dataclass(frozen=True)
class DraftLine:
    """A line item. `item_qbo_id` is "" until the line is linked to a QuickBooks product.

    `discount` is percent of the line or an amount off it. `is_taxable` becomes QuickBooks' TAX or NON.
    """

    name: str
    description: str = ""
    quantity: Decimal = Decimal(1)
    unit_price: Decimal = Decimal(0)
    discount: Decimal = Decimal(0)
    discount_kind: DiscountKind = "percent"
    is_taxable: bool = False
    item_qbo_id: str = ""
    product_id: str = ""


@dataclass(frozen=True)
class CustomerChoice:
    """Whom the invoice is for: an existing QuickBooks customer, or one to be created with this name."""

    qbo_id: str = ""
    new_display_name: str = ""
    update_in_quickbooks: bool = False

    @property
    def is_new(self) -> bool:
        """Whether a customer is created first."""
        return not self.qbo_id


@dataclass(frozen=True)
class InvoiceDraft:
    """Everything the form holds. Dates are the company's own; money is in `currency`."""

    customer: CustomerChoice
    to: str
    address: str
    email: str
    tax_id: str
    currency: str
    issue_date: date
    due_date: date
    lines: tuple[DraftLine, ...] = ()
    message: str = ""
    memo: str = ""
    doc_number: str = ""
    term_qbo_id: str = ""
    preset_id: str = ""
    origins: Mapping[str, str] = field(default_factory=dict)

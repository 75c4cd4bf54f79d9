"""An invoice before QuickBooks knows it: what the form holds, and how it is filled from a deal."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Literal

from deals.snapshot import DealLineFacts, DealSnapshot

from .conversion import Conversion
from .due_dates import due_date
from .field_mapping import FieldMapping, fill_customer
from .money import line_amount, round_money
from .tax import TaxMode

DiscountKind = Literal["percent", "amount"]
TaxChoice = Literal["by_product", "taxable", "not_taxed"]
# A product that is billed, a text alone, what the lines since the last subtotal come to, or the heading of a bundle.
LineKind = Literal["item", "text", "subtotal", "bundle"]
# How a line's discount prints: within a lower price, or as a line of its own below the list price.
DiscountStyle = Literal["net", "line"]


@dataclass(frozen=True)
class DraftLine:
    """A line item. `item_qbo_id` is "" until the line is linked to a QuickBooks product.

    `discount` is percent of the line or an amount off it. `is_taxable` becomes QuickBooks' TAX or NON. A "text" or
    "subtotal" has its name and description alone, a "bundle" its product and quantity too.
    """

    name: str
    description: str = ""
    quantity: Decimal = Decimal(1)
    unit_price: Decimal = Decimal(0)
    discount: Decimal = Decimal(0)
    discount_kind: DiscountKind = "percent"
    is_taxable: bool = False
    # The QuickBooks tax code, in companies whose lines bear one each.
    tax_code: str = ""
    item_qbo_id: str = ""
    product_id: str = ""
    # The product's own name, which QuickBooks prints beside the description.
    item_name: str = ""
    kind: LineKind = "item"
    service_date: date | None = None
    class_qbo_id: str = ""
    # The bundle that it is a part of, if it stands below its heading.
    bundle_qbo_id: str = ""
    # The line of the deal that it bills, "" for one that was added by hand.
    source_id: str = ""

    @property
    def is_billed(self) -> bool:
        """Whether it is a product with an amount, not a text."""
        return self.kind == "item"


@dataclass(frozen=True)
class CustomerChoice:
    """Whom the invoice is for: an existing QuickBooks customer, or one to be created with this name."""

    qbo_id: str = ""
    new_display_name: str = ""
    update_in_quickbooks: bool = False
    # The parts (customer_diff.CUSTOMER_PARTS) that an update leaves as they are.
    skipped_parts: frozenset[str] = frozenset()

    @property
    def is_new(self) -> bool:
        """Whether a customer is created first."""
        return not self.qbo_id


@dataclass(frozen=True)
class InvoiceDraft:
    """Everything the form holds. Dates are the company's own; money is in `currency`.

    `tax` is what was chosen for the whole invoice; the lines already follow it. `due_days` is what the due date
    follows the issue date by, until somebody writes a due date of their own.
    """

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
    tax: TaxChoice = "by_product"
    tax_mode: TaxMode = TaxMode.EXCLUSIVE
    # The one tax code of the form, in companies of the United States that choose it by hand.
    form_tax_code: str = ""
    # The quoted tax, sent as an override (TxnTaxDetail.TotalTax); None where QuickBooks computes it.
    quoted_tax: Decimal | None = None
    # Who else gets the email.
    cc: str = ""
    bcc: str = ""
    # Home units for one unit of a foreign currency; None in the home currency, or where none is known.
    exchange_rate: Decimal | None = None
    # How the deal's amounts came into another currency; None where they are in their own.
    conversion: Conversion | None = None
    # Off the whole invoice, before tax: percent of it, or an amount.
    discount: Decimal = Decimal(0)
    discount_kind: DiscountKind = "percent"
    discount_style: DiscountStyle = "net"
    # What the line of a discount begins with, in the language of the invoice.
    discount_word: str = "Discount"
    # What was paid before the invoice; it lowers the balance and not the total.
    deposit: Decimal = Decimal(0)
    class_qbo_id: str = ""
    location_qbo_id: str = ""
    # By the definition id of the company's own fields.
    custom_fields: Mapping[str, str] = field(default_factory=dict)
    can_pay_online: bool = False
    # Why the same is billed once more, where an invoice of the deal says the same already.
    again_reason: str = ""
    due_days: int = 0
    origins: Mapping[str, str] = field(default_factory=dict)

    def with_lines(self, lines: tuple[DraftLine, ...]) -> "InvoiceDraft":
        """Return it with other lines."""
        return replace(self, lines=lines)


@dataclass(frozen=True)
class PresetFacts:
    """A named starting point of the form; empty fields leave what the mapping says."""

    id: str
    name: str
    due_days: int | None = None
    tax: TaxChoice = "by_product"
    currency: str = ""
    term_qbo_id: str = ""
    tax_code: str = ""
    class_qbo_id: str = ""
    location_qbo_id: str = ""
    message: str = ""
    memo: str = ""
    # Which of its references another company has, or QuickBooks no longer offers: "term", "tax_code", "class", "location".
    lost: tuple[str, ...] = ()


def line_key(product_id: str, name: str) -> str:
    """Return the key under which a line's QuickBooks product is remembered."""
    return f"product:{product_id}" if product_id else "name:" + " ".join(name.split()).casefold()[:240]


def build_draft(
    snapshot: DealSnapshot,
    mapping: FieldMapping,
    *,
    customer_qbo_id: str,
    item_links: Mapping[str, str],
    item_taxable: Mapping[str, bool],
    item_codes: Mapping[str, str] | None = None,
    form_tax_code: str = "",
    today: date,
    home_currency: str,
    preset: PresetFacts | None = None,
    is_as_quoted: bool = False,
    tax_mode: TaxMode = TaxMode.EXCLUSIVE,
    discount: tuple[Decimal, DiscountKind] = (Decimal(0), "percent"),
) -> InvoiceDraft:
    """Fill an invoice from a deal. Nothing is sent and nothing is stored.

    `item_links` maps `line_key` to a QuickBooks item id, `item_taxable` that id to whether it is taxed, `item_codes` that
    id to the tax code it bears. `discount` is off the whole invoice: a number and whether it is "percent" or an "amount".
    """
    preset = preset or PresetFacts("", "")
    filled = fill_customer(snapshot, mapping)
    days = mapping.due_days if preset.due_days is None else preset.due_days
    return InvoiceDraft(
        customer=CustomerChoice(
            qbo_id=customer_qbo_id, new_display_name="" if customer_qbo_id else filled.to
        ),
        to=filled.to,
        address=filled.address,
        email=filled.email,
        tax_id=filled.tax_id,
        currency=draft_currency(snapshot, preset, home_currency),
        issue_date=today,
        due_date=due_date(today, days=days),
        lines=tuple(
            _draft_line(line, item_links, item_taxable, item_codes or {}, preset) for line in snapshot.lines
        ),
        message=preset.message or filled.others.get("message", ""),
        memo=preset.memo or filled.others.get("memo", ""),
        cc=filled.others.get("cc", ""),
        custom_fields={slot[-1]: text for slot, text in filled.others.items() if slot.startswith("custom_")},
        term_qbo_id=preset.term_qbo_id,
        class_qbo_id=preset.class_qbo_id,
        location_qbo_id=preset.location_qbo_id,
        preset_id=preset.id,
        tax=preset.tax,
        quoted_tax=quoted_tax(snapshot) if is_as_quoted else None,
        form_tax_code=preset.tax_code or form_tax_code,
        tax_mode=tax_mode,
        discount=discount[0],
        discount_kind=discount[1],
        due_days=days,
        origins=filled.origins,
    )


def draft_currency(snapshot: DealSnapshot, preset: PresetFacts, home_currency: str) -> str:
    """Return the currency of a new invoice: the deal's own where it has amounts, for these are never relabelled."""
    wanted = (
        (snapshot.currency, preset.currency)
        if has_amounts(snapshot)
        else (preset.currency, snapshot.currency)
    )
    return next((code for code in wanted if code), home_currency)


def quoted_tax(snapshot: DealSnapshot) -> Decimal:
    """Return the tax of a deal's products by their own percentages, rounded once for each percentage."""
    bases: dict[Decimal, Decimal] = {}
    for line in snapshot.lines:
        amount = line_amount(
            line.quantity, line.unit_price, discount=line.discount, discount_kind=line.discount_kind
        )
        bases[line.tax_percent] = bases.get(line.tax_percent, Decimal(0)) + amount
    return sum((round_money(base * percent / 100) for percent, base in bases.items()), Decimal(0))


def has_amounts(snapshot: DealSnapshot) -> bool:
    """Return whether a deal says anything in its currency: a value or products."""
    return bool(snapshot.value or snapshot.lines)


def _draft_line(
    line: DealLineFacts,
    links: Mapping[str, str],
    taxable: Mapping[str, bool],
    codes: Mapping[str, str],
    preset: PresetFacts,
) -> DraftLine:
    item = links.get(line_key(line.product_id, line.name), "")
    by_product = taxable.get(item, line.tax_percent > 0)
    return DraftLine(
        name=line.name,
        description=line.comment,
        quantity=line.quantity,
        unit_price=line.unit_price,
        discount=line.discount,
        discount_kind="amount" if line.discount_kind == "amount" else "percent",
        is_taxable={"taxable": True, "not_taxed": False}.get(preset.tax, by_product),
        tax_code=preset.tax_code or codes.get(item, ""),
        item_qbo_id=item,
        product_id=line.product_id,
        source_id=line.id,
    )

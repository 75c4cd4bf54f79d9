"""A deal as other apps see it: frozen facts without tables, so that any CRM can supply them."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class AddressFacts:
    """An address as one text (`text`, lines separated by newlines), as parts, or as both; all may be empty."""

    text: str = ""
    street: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all is known."""
        return not any((self.text, self.street, self.city, self.region, self.postal_code, self.country))


@dataclass(frozen=True)
class OrganizationFacts:
    """The organization of a deal; `custom` maps custom field keys to their text."""

    id: str
    name: str
    address: AddressFacts = field(default_factory=AddressFacts)
    custom: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PersonFacts:
    """The contact person of a deal."""

    id: str
    name: str
    email: str = ""
    phone: str = ""
    custom: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class DealLineFacts:
    """A product on the deal. `discount` is a percentage of the line, or an amount off it, as `discount_kind` says."""

    id: str
    name: str
    product_id: str = ""
    comment: str = ""
    quantity: Decimal = Decimal(1)
    unit_price: Decimal = Decimal(0)
    discount: Decimal = Decimal(0)
    discount_kind: str = "percent"
    tax_percent: Decimal = Decimal(0)
    # Whether `unit_price` holds the tax already.
    is_tax_included: bool = False


@dataclass(frozen=True)
class DealDiscountFacts:
    """Something off the whole deal: "percent" of it, or an "amount" in its currency."""

    kind: str
    amount: Decimal
    label: str = ""


@dataclass(frozen=True)
class InstallmentFacts:
    """A part of the deal's value and the day on which it is to be billed."""

    id: str
    amount: Decimal
    billed_on: date | None
    label: str = ""


@dataclass(frozen=True)
class DealSnapshot:
    """A deal with everything an invoice may be filled from. Money is in `currency` (ISO 4217)."""

    id: str
    title: str
    currency: str
    value: Decimal = Decimal(0)
    organization: OrganizationFacts | None = None
    person: PersonFacts | None = None
    lines: tuple[DealLineFacts, ...] = ()
    custom: dict[str, str] = field(default_factory=dict)
    discounts: tuple[DealDiscountFacts, ...] = ()
    installments: tuple[InstallmentFacts, ...] = ()

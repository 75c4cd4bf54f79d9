"""QuickBooks objects as this product understands them: frozen facts, parsed once, at the gateway."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, NamedTuple, Protocol, Self, TypeVar

from .company_facts import PLAIN, CompanyFacts
from .tax import SalesRate

T_co = TypeVar("T_co", covariant=True)


class VersionedObject(Protocol[T_co]):
    """An object whose identity and age are known; `read` gives the rest.

    `read` raises parsing.ParseError when the object is no longer what QuickBooks' objects look like.
    """

    @property
    def qbo_id(self) -> str:
        """Return QuickBooks' id."""
        ...

    @property
    def sync_token(self) -> int:
        """Return the version of the object."""
        ...

    @property
    def updated_at(self) -> datetime:
        """Return QuickBooks' own time of its last change."""
        ...

    def read(self) -> T_co:
        """Return the object, read."""
        ...


class LazyObject(NamedTuple, Generic[T_co]):
    """An object of an answer of which only the stamp is read yet: most of what overlaps is known already."""

    qbo_id: str
    sync_token: int
    updated_at: datetime
    obj: dict[str, Any]
    parse: Callable[[dict[str, Any]], T_co]

    def read(self) -> T_co:
        """Read the whole object."""
        return self.parse(self.obj)


class RemoteObject:
    """What is read whole already."""

    def read(self) -> Self:
        """Return itself."""
        return self


@dataclass(frozen=True)
class RemoteAddress:
    """A QuickBooks PhysicalAddress; free-form addresses use the lines only."""

    line1: str = ""
    line2: str = ""
    line3: str = ""
    line4: str = ""
    line5: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""


NO_ADDRESS = RemoteAddress()


class RemoteInvoice(NamedTuple):
    """An invoice as QuickBooks answered it. Money is in `currency`; `updated_at` is QuickBooks' own clock (UTC).

    A tuple, because answers hold a thousand of them and a frozen dataclass takes three times as long to make.

    `is_void_marked`: every amount is zero and the private note begins with QuickBooks' word for voided.
    `is_all_zero`: total, balance and every line amount are zero.
    `has_no_quantities`: quantities and prices are zero too, which a void leaves behind and a person who waives an
    amount does not.
    """

    qbo_id: str
    sync_token: int
    updated_at: datetime
    doc_number: str
    customer_qbo_id: str
    customer_name: str
    currency: str
    txn_date: date
    due_date: date | None
    total: Decimal
    balance: Decimal
    total_tax: Decimal
    deposit: Decimal
    bill_email: str
    email_status: str
    emailed_at: datetime | None
    is_all_zero: bool
    is_void_marked: bool
    payment_qbo_ids: tuple[str, ...]
    private_note: str = ""
    has_no_quantities: bool = False
    exchange_rate: Decimal | None = None

    def read(self) -> Self:
        """Return itself."""
        return self


@dataclass(frozen=True)
class AppliedAmount:
    """The part of a payment that settles one invoice."""

    invoice_qbo_id: str
    amount: Decimal


@dataclass(frozen=True)
class RemotePayment(RemoteObject):
    """A customer payment. `raw` is QuickBooks' own object, needed to change its lines without losing the rest."""

    qbo_id: str
    sync_token: int
    updated_at: datetime
    customer_qbo_id: str
    currency: str
    txn_date: date
    total: Decimal
    unapplied: Decimal
    reference: str
    method: str
    applied: tuple[AppliedAmount, ...]
    raw: dict[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class RemoteCreditMemo(RemoteObject):
    """A credit memo; `remaining` is what of it was not applied to an invoice yet."""

    qbo_id: str
    sync_token: int
    updated_at: datetime
    doc_number: str
    customer_qbo_id: str
    currency: str
    txn_date: date
    total: Decimal
    remaining: Decimal


@dataclass(frozen=True)
class RemoteCustomer(RemoteObject):
    """A customer. `tax_id` may be masked by QuickBooks (all but the last five characters are X)."""

    qbo_id: str
    sync_token: int
    updated_at: datetime
    display_name: str
    company_name: str
    email: str
    currency: str
    address: RemoteAddress
    tax_id: str
    balance: Decimal
    is_taxable: bool
    term_qbo_id: str
    is_active: bool
    created_on: date | None = None
    tax_code_qbo_id: str = ""
    ship_address: RemoteAddress = NO_ADDRESS


@dataclass(frozen=True)
class RemoteItem(RemoteObject):
    """A product or service. `kind` is Service, NonInventory, Inventory, Group or Category."""

    qbo_id: str
    sync_token: int
    updated_at: datetime
    name: str
    sku: str
    description: str
    kind: str
    unit_price: Decimal
    is_taxable: bool
    is_active: bool
    income_account: str = ""
    income_account_qbo_id: str = ""
    quantity_on_hand: Decimal | None = None
    inventory_start: date | None = None
    tax_code_qbo_id: str = ""
    # Of a bundle: the products in it by their ids, with how many of each.
    parts: tuple[tuple[str, Decimal], ...] = ()


@dataclass(frozen=True)
class RemoteTaxCode:
    """A tax code with its sales rates, and their sum in percent, or None when only QuickBooks can tell.

    `is_for_sales` is false for codes of purchases alone and for hidden ones: none of them is offered.
    """

    qbo_id: str
    name: str
    rate_percent: Decimal | None
    is_taxable: bool
    is_active: bool
    rates: tuple[SalesRate, ...] = ()
    is_for_sales: bool = True


@dataclass(frozen=True)
class RemoteTerm:
    """Payment terms; `due_days` is None for date-driven terms."""

    qbo_id: str
    name: str
    due_days: int | None
    is_active: bool
    day_of_month: int | None = None
    next_month_days: int = 0


@dataclass(frozen=True)
class RemoteNamed(RemoteObject):
    """A class or a location (QuickBooks: Department), which is a name and nothing else here."""

    qbo_id: str
    sync_token: int
    updated_at: datetime
    name: str
    is_active: bool


@dataclass(frozen=True)
class RemoteCompany:
    """What CompanyInfo and Preferences say about the company."""

    name: str
    country: str
    edition: str
    home_currency: str
    time_zone: str
    is_multicurrency: bool
    uses_sales_tax: bool
    is_tax_automated: bool
    has_custom_numbers: bool
    allows_discount: bool
    book_close_date: date | None
    facts: CompanyFacts = PLAIN


@dataclass(frozen=True)
class RemoteDeletion:
    """An object that QuickBooks reports as deleted. `entity` is "Invoice", "Payment", "CreditMemo", "Customer" or "Item"."""

    entity: str
    qbo_id: str
    updated_at: datetime


@dataclass(frozen=True)
class RemoteChanges:
    """One answer of change data capture. When `is_full` the answer was cut at 1,000 objects: ask differently."""

    server_time: datetime
    invoices: tuple[VersionedObject[RemoteInvoice], ...] = ()
    payments: tuple[VersionedObject[RemotePayment], ...] = ()
    credit_memos: tuple[VersionedObject[RemoteCreditMemo], ...] = ()
    customers: tuple[VersionedObject[RemoteCustomer], ...] = ()
    items: tuple[VersionedObject[RemoteItem], ...] = ()
    classes: tuple[VersionedObject[RemoteNamed], ...] = ()
    locations: tuple[VersionedObject[RemoteNamed], ...] = ()
    deletions: tuple[RemoteDeletion, ...] = ()
    is_full: bool = False

    @property
    def size(self) -> int:
        """How many objects the answer carried."""
        lists = (self.customers, self.items, self.classes, self.locations)
        parts = (self.invoices, self.payments, self.credit_memos, *lists, self.deletions)
        return sum(len(part) for part in parts)

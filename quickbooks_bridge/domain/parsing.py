"""QuickBooks' JSON read into frozen facts; absent keys are normal, unreadable ones are said by name."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache, partial
from typing import Any, TypeVar

from babel.core import get_global
from babel.numbers import get_territory_currencies

from quickbooks_bridge.domain.texts import is_digits

from .company_facts import CompanyFacts
from .remote import (
    AppliedAmount,
    LazyObject,
    RemoteAddress,
    RemoteChanges,
    RemoteCompany,
    RemoteCustomer,
    RemoteDeletion,
    RemoteInvoice,
    RemoteItem,
    RemoteNamed,
    RemotePayment,
    RemoteTaxCode,
    RemoteTerm,
)
from .tax import SalesRate

CDC_LIMIT = 1000
_ZERO = Decimal(0)
Json = dict[str, Any]
T = TypeVar("T")


class ParseError(ValueError):
    """A required key is missing or is no value of its kind; the message names the key, never the value."""


def parse_moment(text: Any) -> datetime:
    """Read an ISO time with offset as aware UTC."""
    try:
        return _moment(str(text))
    except ValueError as error:
        raise ParseError("time") from error


# What is news is read twice: its stamp first, the rest later.
@lru_cache(maxsize=1024)
def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _text(obj: Json, key: str) -> str:
    value = obj.get(key)
    if type(value) is str:
        return value
    return "" if value is None else str(value)


def _required(obj: Json, key: str) -> str:
    value = obj.get(key)
    if value is None or value == "":
        raise ParseError(key)
    return value if type(value) is str else str(value)


def _number(obj: Json, key: str) -> Decimal:
    value = obj.get(key)
    if type(value) is Decimal:
        return value
    if value is None or value == "":
        return _ZERO
    try:
        return Decimal(value) if type(value) is int else Decimal(str(value))
    except InvalidOperation as error:
        raise ParseError(key) from error


def _date(obj: Json, key: str) -> date | None:
    value = obj.get(key)
    if not value:
        return None
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError as error:
        raise ParseError(key) from error


def _ref(obj: Json, key: str, part: str = "value") -> str:
    ref = obj.get(key)
    return _text(ref, part) if isinstance(ref, dict) else ""


def _updated(obj: Json) -> datetime:
    meta = obj.get("MetaData")
    return parse_moment(_required(meta if isinstance(meta, dict) else {}, "LastUpdatedTime"))


def _token(obj: Json) -> int:
    value = _required(obj, "SyncToken")
    if not is_digits(value):
        raise ParseError("SyncToken")
    return int(value)


def parse_invoice(obj: Json, home_currency: str = "") -> RemoteInvoice:
    """Read an Invoice object."""
    total, balance = _number(obj, "TotalAmt"), _number(obj, "Balance")
    zero = total == 0 and balance == 0 and all(_number(line, "Amount") == 0 for line in obj.get("Line", ()))
    note = _text(obj, "PrivateNote")
    txn_date = _date(obj, "TxnDate")
    if txn_date is None:
        raise ParseError("TxnDate")
    delivery, customer, links = obj.get("DeliveryInfo"), obj.get("CustomerRef"), obj.get("LinkedTxn")
    sent = delivery.get("DeliveryTime") if isinstance(delivery, dict) else None
    named: Json = customer if isinstance(customer, dict) else {}
    payments = [str(link.get("TxnId")) for link in links if link.get("TxnType") == "Payment"] if links else ()
    # In the order of its fields: by name it would take as long again as all the reading.
    return RemoteInvoice(
        _required(obj, "Id"),
        _token(obj),
        _updated(obj),
        _text(obj, "DocNumber"),
        _text(named, "value"),
        _text(named, "name"),
        _ref(obj, "CurrencyRef") or home_currency,
        txn_date,
        _date(obj, "DueDate"),
        total,
        balance,
        _number(obj.get("TxnTaxDetail") or {}, "TotalTax"),
        _number(obj, "Deposit"),
        _ref(obj, "BillEmail", "Address"),
        _text(obj, "EmailStatus"),
        parse_moment(sent) if sent else None,
        zero,
        zero and note.casefold().startswith("voided"),
        tuple(payments),
        note,
        zero and _has_no_quantities(obj),
        _number(obj, "ExchangeRate") if "ExchangeRate" in obj else None,
    )


def _has_no_quantities(obj: Json) -> bool:
    """Return whether lines have quantities and all of them, and their prices, are zero."""
    details = [line.get("SalesItemLineDetail") or {} for line in obj.get("Line", ())]
    numbers = [_number(detail, key) for detail in details for key in ("Qty", "UnitPrice") if key in detail]
    return any("Qty" in detail for detail in details) and not any(numbers)


def parse_payment(obj: Json, home_currency: str = "") -> RemotePayment:
    """Read a Payment object; `raw` keeps it whole so that its lines can be changed."""
    applied = []
    for line in obj.get("Line", ()):
        for link in line.get("LinkedTxn", ()):
            if link.get("TxnType") == "Invoice":
                applied.append(AppliedAmount(str(link.get("TxnId")), _number(line, "Amount")))
    txn_date = _date(obj, "TxnDate")
    if txn_date is None:
        raise ParseError("TxnDate")
    return RemotePayment(
        qbo_id=_required(obj, "Id"),
        sync_token=_token(obj),
        updated_at=_updated(obj),
        customer_qbo_id=_ref(obj, "CustomerRef"),
        currency=_ref(obj, "CurrencyRef") or home_currency,
        txn_date=txn_date,
        total=_number(obj, "TotalAmt"),
        unapplied=_number(obj, "UnappliedAmt"),
        reference=_text(obj, "PaymentRefNum"),
        method=_ref(obj, "PaymentMethodRef", "name") or _ref(obj, "PaymentMethodRef"),
        applied=tuple(applied),
        raw=obj,
    )


def parse_address(obj: Any) -> RemoteAddress:
    """Read a PhysicalAddress, or nothing."""
    if not isinstance(obj, dict):
        return RemoteAddress()
    lines = {f"line{number}": _text(obj, f"Line{number}") for number in range(1, 6)}
    return RemoteAddress(
        **lines,
        city=_text(obj, "City"),
        region=_text(obj, "CountrySubDivisionCode"),
        postal_code=_text(obj, "PostalCode"),
        country=_text(obj, "Country"),
    )


def parse_customer(obj: Json, home_currency: str = "") -> RemoteCustomer:
    """Read a Customer object, a sub-customer by its full name. The tax id is the primary identifier, in the US the resale number."""
    meta = obj.get("MetaData") or {}
    return RemoteCustomer(
        qbo_id=_required(obj, "Id"),
        sync_token=_token(obj),
        updated_at=_updated(obj),
        display_name=_text(obj, "FullyQualifiedName") or _text(obj, "DisplayName"),
        company_name=_text(obj, "CompanyName"),
        email=_ref(obj, "PrimaryEmailAddr", "Address"),
        currency=_ref(obj, "CurrencyRef") or home_currency,
        address=parse_address(obj.get("BillAddr")),
        tax_id=_text(obj, "PrimaryTaxIdentifier") or _text(obj, "ResaleNum"),
        balance=_number(obj, "Balance"),
        is_taxable=bool(obj.get("Taxable", True)),
        term_qbo_id=_ref(obj, "SalesTermRef"),
        is_active=bool(obj.get("Active", True)),
        created_on=_date(meta, "CreateTime"),
        tax_code_qbo_id=_ref(obj, "DefaultTaxCodeRef"),
        ship_address=parse_address(obj.get("ShipAddr")),
    )


def parse_item(obj: Json) -> RemoteItem:
    """Read an Item object."""
    return RemoteItem(
        qbo_id=_required(obj, "Id"),
        sync_token=_token(obj),
        updated_at=_updated(obj),
        name=_text(obj, "FullyQualifiedName") or _required(obj, "Name"),
        sku=_text(obj, "Sku"),
        description=_text(obj, "Description"),
        kind=_text(obj, "Type") or "Service",
        unit_price=_number(obj, "UnitPrice"),
        is_taxable=bool(obj.get("Taxable", False)),
        is_active=bool(obj.get("Active", True)),
        income_account=_ref(obj, "IncomeAccountRef", "name"),
        income_account_qbo_id=_ref(obj, "IncomeAccountRef"),
        quantity_on_hand=_number(obj, "QtyOnHand") if obj.get("TrackQtyOnHand") else None,
        inventory_start=_date(obj, "InvStartDate") if obj.get("TrackQtyOnHand") else None,
        tax_code_qbo_id=_ref(obj, "SalesTaxCodeRef"),
        parts=tuple(
            (_ref(part, "ItemRef"), _number(part, "Qty"))
            for part in (obj.get("ItemGroupDetail") or {}).get("ItemGroupLine") or ()
        ),
    )


def parse_tax_codes(codes: Iterable[Json], rates: Iterable[Json]) -> tuple[RemoteTaxCode, ...]:
    """Join tax codes with their rates: a group's percent is the sum of its sales rates."""
    known = {str(rate.get("Id")): _sales_rate(rate) for rate in rates if "RateValue" in rate}
    parsed = []
    for code in codes:
        details = (code.get("SalesTaxRateList") or {}).get("TaxRateDetail") or ()
        found = [known.get(_ref(detail, "TaxRateRef")) for detail in details]
        exact = tuple(rate for rate in found if rate is not None)
        is_whole = bool(exact) and len(exact) == len(found)
        parsed.append(
            RemoteTaxCode(
                qbo_id=_required(code, "Id"),
                name=_text(code, "Name"),
                rate_percent=sum((rate.percent for rate in exact), Decimal(0)) if is_whole else None,
                is_taxable=bool(code.get("Taxable", True)),
                is_active=bool(code.get("Active", True)),
                rates=exact if is_whole else (),
                is_for_sales=is_whole and not code.get("Hidden"),
            )
        )
    return tuple(parsed)


def parse_exchange_rate(obj: Json) -> Decimal:
    """Read what one unit of a currency is worth."""
    return _number(obj, "Rate")


def _sales_rate(rate: Json) -> SalesRate:
    """Read a TaxRate with the days its percentages begin."""
    entries = rate.get("EffectiveTaxRate") or ()
    begun = [(_date(entry, "EffectiveDate"), _number(entry, "RateValue")) for entry in entries]
    history = sorted((since, percent) for since, percent in begun if since is not None)
    return SalesRate(str(rate["Id"]), _text(rate, "Name"), _number(rate, "RateValue"), tuple(history))


def parse_term(obj: Json) -> RemoteTerm:
    """Read a Term object."""
    return RemoteTerm(
        qbo_id=_required(obj, "Id"),
        name=_text(obj, "Name"),
        due_days=_whole(obj.get("DueDays")),
        is_active=bool(obj.get("Active", True)),
        day_of_month=_whole(obj.get("DayOfMonthDue")),
        next_month_days=_whole(obj.get("DueNextMonthDays")) or 0,
    )


def _whole(value: Any) -> int | None:
    text = str(value)
    return int(text) if value is not None and is_digits(text, longest=4) else None


def parse_company(info: Json, preferences: Json) -> RemoteCompany:
    """Read CompanyInfo and Preferences together."""
    named = {str(row.get("Name")): str(row.get("Value", "")) for row in info.get("NameValue", ())}
    tax, money = preferences.get("TaxPrefs") or {}, preferences.get("CurrencyPrefs") or {}
    sales = preferences.get("SalesFormsPrefs") or {}
    books = preferences.get("AccountingInfoPrefs") or {}
    country = (_text(info, "Country") or "US")[:3]
    return RemoteCompany(
        name=_text(info, "CompanyName"),
        country=country,
        edition=named.get("OfferingSku", ""),
        home_currency=_ref(money, "HomeCurrency") or _ref(info, "HomeCurrency") or _currency_of(country),
        time_zone=_text(info, "DefaultTimeZone"),
        is_multicurrency=bool(money.get("MultiCurrencyEnabled")),
        uses_sales_tax=bool(tax.get("UsingSalesTax")),
        is_tax_automated=bool(tax.get("PartnerTaxEnabled")),
        has_custom_numbers=bool(sales.get("CustomTxnNumbers")),
        allows_discount=bool(sales.get("AllowDiscount")),
        book_close_date=_date(books, "BookCloseDate"),
        facts=_company_facts(sales, books),
    )


def _company_facts(sales: Json, books: Json) -> CompanyFacts:
    """Read from Preferences what the company's invoices have besides the common fields."""
    by_line, by_invoice = bool(books.get("ClassTrackingPerTxnLine")), bool(books.get("ClassTrackingPerTxn"))
    return CompanyFacts(
        class_tracking="line" if by_line else "invoice" if by_invoice else "",
        has_locations=bool(books.get("TrackDepartments")),
        allows_deposit=bool(sales.get("AllowDeposit")),
        allows_service_date=bool(sales.get("AllowServiceDate")),
        takes_online_payments=bool(sales.get("ETransactionPaymentEnabled")),
        discount_account=_text(sales, "DefaultDiscountAccount"),
        custom_fields=_custom_fields(sales),
    )


def _custom_fields(sales: Json) -> tuple[tuple[str, str], ...]:
    """Read the custom fields in use: one group says which are, another what they are called; the digit is the id."""
    used, names = set(), {}
    for group in sales.get("CustomField") or ():
        for entry in group.get("CustomField") or ():
            path = _text(entry, "Name")
            if "UseSalesCustom" in path and entry.get("BooleanValue"):
                used.add(path[-1])
            elif "SalesCustomName" in path and _text(entry, "StringValue").strip():
                names[path[-1]] = _text(entry, "StringValue").strip()
    return tuple((key, names[key]) for key in sorted(names) if key in used)


def parse_named(obj: Json) -> RemoteNamed:
    """Read a Class or a Department, by its full name."""
    return RemoteNamed(
        qbo_id=_required(obj, "Id"),
        sync_token=_token(obj),
        updated_at=_updated(obj),
        name=_text(obj, "FullyQualifiedName") or _required(obj, "Name"),
        is_active=bool(obj.get("Active", True)),
    )


def _currency_of(country: str) -> str:
    """Return the currency of an ISO country, of two letters or three; raises UnreadableAnswer where there is none."""
    two = country if len(country) == 2 else get_global("territory_aliases").get(country, ["US"])[0]
    found = get_territory_currencies(two)
    if not found:
        raise ParseError("HomeCurrency")
    return str(found[0])


def parse_cdc(answer: Json, *, home_currency: str = "") -> RemoteChanges:
    """Read an answer of change data capture; deleted objects are stubs that carry only their id and time.

    What names no currency is in `home_currency`.
    """
    parse = _parsers(home_currency)
    rows: dict[str, list[Json]] = {}
    deletions = []
    count = 0
    for response in answer.get("CDCResponse", ()):
        for query in response.get("QueryResponse", ()):
            for entity, objects in query.items():
                if not isinstance(objects, list):
                    continue
                count += len(objects)
                for obj in objects:
                    if "status" in obj and str(obj["status"]).casefold() == "deleted":
                        deletions.append(RemoteDeletion(entity, _required(obj, "Id"), _updated(obj)))
                    else:
                        rows.setdefault(entity, []).append(obj)
    return RemoteChanges(
        server_time=parse_moment(_required(answer, "time")),
        invoices=_lazy(rows.get("Invoice", ()), parse["Invoice"]),
        payments=_lazy(rows.get("Payment", ()), parse["Payment"]),
        customers=_lazy(rows.get("Customer", ()), parse["Customer"]),
        items=_lazy(rows.get("Item", ()), parse["Item"]),
        classes=_lazy(rows.get("Class", ()), parse_named),
        locations=_lazy(rows.get("Department", ()), parse_named),
        deletions=tuple(deletions),
        is_full=count >= CDC_LIMIT,
    )


def lazy(entity: str, objects: Iterable[Json], *, home_currency: str = "") -> tuple[LazyObject[Any], ...]:
    """Read the stamps of listed objects of an entity; the rest of each is read when it turns out to be news."""
    return _lazy(objects, _parsers(home_currency)[entity])


def _lazy(objects: Iterable[Json], parse: Callable[[Json], T]) -> tuple[LazyObject[T], ...]:
    return tuple(_stamped(obj, parse) for obj in objects)


def _stamped(obj: Json, parse: Callable[[Json], T]) -> LazyObject[T]:
    try:
        return LazyObject(_required(obj, "Id"), _token(obj), _updated(obj), obj, parse)
    except ParseError:
        # Newer than anything, so that whoever applies it reads it and finds what is wrong with this one object.
        return LazyObject(_required(obj, "Id"), 0, datetime.max.replace(tzinfo=UTC), obj, parse)


PARSERS: Mapping[str, Callable[..., Any]] = {
    "Invoice": parse_invoice,
    "Payment": parse_payment,
    "Customer": parse_customer,
    "Item": parse_item,
}


def _parsers(home_currency: str) -> dict[str, Callable[[Json], Any]]:
    # Products are in the home currency by their nature.
    return {
        name: parse if name == "Item" else partial(parse, home_currency=home_currency)
        for name, parse in PARSERS.items()
    }

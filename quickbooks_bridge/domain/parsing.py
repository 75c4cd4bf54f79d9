"""QuickBooks' JSON read into frozen facts; absent keys are normal, unreadable ones are said by name."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

from babel.core import get_global
from babel.numbers import get_territory_currencies

from quickbooks_bridge.domain.texts import is_digits

from .company_facts import CompanyFacts
from .json_values import (
    Json,
    ParseError,
    date_at,
    number_at,
    parse_moment,
    ref_at,
    required_at,
    sync_token_at,
    text_at,
    updated_at,
)
from .remote import (
    AppliedAmount,
    LazyObject,
    RemoteAddress,
    RemoteChanges,
    RemoteCompany,
    RemoteCreditMemo,
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
T = TypeVar("T")


def parse_invoice(obj: Json, home_currency: str = "") -> RemoteInvoice:
    """Read an Invoice object."""
    total, balance = number_at(obj, "TotalAmt"), number_at(obj, "Balance")
    zero = total == 0 and balance == 0 and all(number_at(line, "Amount") == 0 for line in obj.get("Line", ()))
    note = text_at(obj, "PrivateNote")
    txn_date = date_at(obj, "TxnDate")
    if txn_date is None:
        raise ParseError("TxnDate")
    delivery, customer, links = obj.get("DeliveryInfo"), obj.get("CustomerRef"), obj.get("LinkedTxn")
    sent = delivery.get("DeliveryTime") if isinstance(delivery, dict) else None
    named: Json = customer if isinstance(customer, dict) else {}
    payments = [str(link.get("TxnId")) for link in links if link.get("TxnType") == "Payment"] if links else ()
    # In the order of its fields: by name it would take as long again as all the reading.
    return RemoteInvoice(
        required_at(obj, "Id"),
        sync_token_at(obj),
        updated_at(obj),
        text_at(obj, "DocNumber"),
        text_at(named, "value"),
        text_at(named, "name"),
        ref_at(obj, "CurrencyRef") or home_currency,
        txn_date,
        date_at(obj, "DueDate"),
        total,
        balance,
        number_at(obj.get("TxnTaxDetail") or {}, "TotalTax"),
        number_at(obj, "Deposit"),
        ref_at(obj, "BillEmail", "Address"),
        text_at(obj, "EmailStatus"),
        parse_moment(sent) if sent else None,
        zero,
        zero and note.casefold().startswith("voided"),
        tuple(payments),
        note,
        zero and _has_no_quantities(obj),
        number_at(obj, "ExchangeRate") if "ExchangeRate" in obj else None,
    )


def _has_no_quantities(obj: Json) -> bool:
    """Return whether lines have quantities and all of them, and their prices, are zero."""
    details = [line.get("SalesItemLineDetail") or {} for line in obj.get("Line", ())]
    numbers = [number_at(detail, key) for detail in details for key in ("Qty", "UnitPrice") if key in detail]
    return any("Qty" in detail for detail in details) and not any(numbers)


def parse_payment(obj: Json, home_currency: str = "") -> RemotePayment:
    """Read a Payment object; `raw` keeps it whole so that its lines can be changed."""
    applied = []
    for line in obj.get("Line", ()):
        for link in line.get("LinkedTxn", ()):
            if link.get("TxnType") == "Invoice":
                applied.append(AppliedAmount(str(link.get("TxnId")), number_at(line, "Amount")))
    txn_date = date_at(obj, "TxnDate")
    if txn_date is None:
        raise ParseError("TxnDate")
    return RemotePayment(
        qbo_id=required_at(obj, "Id"),
        sync_token=sync_token_at(obj),
        updated_at=updated_at(obj),
        customer_qbo_id=ref_at(obj, "CustomerRef"),
        currency=ref_at(obj, "CurrencyRef") or home_currency,
        txn_date=txn_date,
        total=number_at(obj, "TotalAmt"),
        unapplied=number_at(obj, "UnappliedAmt"),
        reference=text_at(obj, "PaymentRefNum"),
        method=ref_at(obj, "PaymentMethodRef", "name") or ref_at(obj, "PaymentMethodRef"),
        applied=tuple(applied),
        raw=obj,
    )


def parse_credit_memo(obj: Json, home_currency: str = "") -> RemoteCreditMemo:
    """Read a CreditMemo object: what is left of it is its RemainingCredit, which older answers call Balance."""
    txn_date = date_at(obj, "TxnDate")
    if txn_date is None:
        raise ParseError("TxnDate")
    return RemoteCreditMemo(
        qbo_id=required_at(obj, "Id"),
        sync_token=sync_token_at(obj),
        updated_at=updated_at(obj),
        doc_number=text_at(obj, "DocNumber"),
        customer_qbo_id=ref_at(obj, "CustomerRef"),
        currency=ref_at(obj, "CurrencyRef") or home_currency,
        txn_date=txn_date,
        total=number_at(obj, "TotalAmt"),
        remaining=number_at(obj, "RemainingCredit" if "RemainingCredit" in obj else "Balance"),
    )


def parse_address(obj: Any) -> RemoteAddress:
    """Read a PhysicalAddress, or nothing."""
    if not isinstance(obj, dict):
        return RemoteAddress()
    lines = {f"line{number}": text_at(obj, f"Line{number}") for number in range(1, 6)}
    return RemoteAddress(
        **lines,
        city=text_at(obj, "City"),
        region=text_at(obj, "CountrySubDivisionCode"),
        postal_code=text_at(obj, "PostalCode"),
        country=text_at(obj, "Country"),
    )


def parse_customer(obj: Json, home_currency: str = "") -> RemoteCustomer:
    """Read a Customer object, a sub-customer by its full name. The tax id is the primary identifier, in the US the resale number."""
    meta = obj.get("MetaData") or {}
    return RemoteCustomer(
        qbo_id=required_at(obj, "Id"),
        sync_token=sync_token_at(obj),
        updated_at=updated_at(obj),
        display_name=text_at(obj, "FullyQualifiedName") or text_at(obj, "DisplayName"),
        company_name=text_at(obj, "CompanyName"),
        email=ref_at(obj, "PrimaryEmailAddr", "Address"),
        currency=ref_at(obj, "CurrencyRef") or home_currency,
        address=parse_address(obj.get("BillAddr")),
        tax_id=text_at(obj, "PrimaryTaxIdentifier") or text_at(obj, "ResaleNum"),
        balance=number_at(obj, "Balance"),
        is_taxable=bool(obj.get("Taxable", True)),
        term_qbo_id=ref_at(obj, "SalesTermRef"),
        is_active=bool(obj.get("Active", True)),
        created_on=date_at(meta, "CreateTime"),
        tax_code_qbo_id=ref_at(obj, "DefaultTaxCodeRef"),
        ship_address=parse_address(obj.get("ShipAddr")),
    )


def parse_item(obj: Json) -> RemoteItem:
    """Read an Item object."""
    return RemoteItem(
        qbo_id=required_at(obj, "Id"),
        sync_token=sync_token_at(obj),
        updated_at=updated_at(obj),
        name=text_at(obj, "FullyQualifiedName") or required_at(obj, "Name"),
        sku=text_at(obj, "Sku"),
        description=text_at(obj, "Description"),
        kind=text_at(obj, "Type") or "Service",
        unit_price=number_at(obj, "UnitPrice"),
        is_taxable=bool(obj.get("Taxable", False)),
        is_active=bool(obj.get("Active", True)),
        income_account=ref_at(obj, "IncomeAccountRef", "name"),
        income_account_qbo_id=ref_at(obj, "IncomeAccountRef"),
        quantity_on_hand=number_at(obj, "QtyOnHand") if obj.get("TrackQtyOnHand") else None,
        inventory_start=date_at(obj, "InvStartDate") if obj.get("TrackQtyOnHand") else None,
        tax_code_qbo_id=ref_at(obj, "SalesTaxCodeRef"),
        parts=tuple(
            (ref_at(part, "ItemRef"), number_at(part, "Qty"))
            for part in (obj.get("ItemGroupDetail") or {}).get("ItemGroupLine") or ()
        ),
    )


def parse_tax_codes(codes: Iterable[Json], rates: Iterable[Json]) -> tuple[RemoteTaxCode, ...]:
    """Join tax codes with their rates: a group's percent is the sum of its sales rates."""
    known = {str(rate.get("Id")): _sales_rate(rate) for rate in rates if "RateValue" in rate}
    parsed = []
    for code in codes:
        details = (code.get("SalesTaxRateList") or {}).get("TaxRateDetail") or ()
        found = [known.get(ref_at(detail, "TaxRateRef")) for detail in details]
        exact = tuple(rate for rate in found if rate is not None)
        is_whole = bool(exact) and len(exact) == len(found)
        parsed.append(
            RemoteTaxCode(
                qbo_id=required_at(code, "Id"),
                name=text_at(code, "Name"),
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
    return number_at(obj, "Rate")


def _sales_rate(rate: Json) -> SalesRate:
    """Read a TaxRate with the days its percentages begin."""
    entries = rate.get("EffectiveTaxRate") or ()
    begun = [(date_at(entry, "EffectiveDate"), number_at(entry, "RateValue")) for entry in entries]
    history = sorted((since, percent) for since, percent in begun if since is not None)
    return SalesRate(str(rate["Id"]), text_at(rate, "Name"), number_at(rate, "RateValue"), tuple(history))


def parse_term(obj: Json) -> RemoteTerm:
    """Read a Term object."""
    return RemoteTerm(
        qbo_id=required_at(obj, "Id"),
        name=text_at(obj, "Name"),
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
    country = (text_at(info, "Country") or "US")[:3]
    return RemoteCompany(
        name=text_at(info, "CompanyName"),
        country=country,
        edition=named.get("OfferingSku", ""),
        home_currency=ref_at(money, "HomeCurrency") or ref_at(info, "HomeCurrency") or _currency_of(country),
        time_zone=text_at(info, "DefaultTimeZone"),
        is_multicurrency=bool(money.get("MultiCurrencyEnabled")),
        uses_sales_tax=bool(tax.get("UsingSalesTax")),
        is_tax_automated=bool(tax.get("PartnerTaxEnabled")),
        has_custom_numbers=bool(sales.get("CustomTxnNumbers")),
        allows_discount=bool(sales.get("AllowDiscount")),
        book_close_date=date_at(books, "BookCloseDate"),
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
        discount_account=text_at(sales, "DefaultDiscountAccount"),
        custom_fields=_custom_fields(sales),
    )


def _custom_fields(sales: Json) -> tuple[tuple[str, str], ...]:
    """Read the custom fields in use: one group says which are, another what they are called; the digit is the id."""
    used, names = set(), {}
    for group in sales.get("CustomField") or ():
        for entry in group.get("CustomField") or ():
            path = text_at(entry, "Name")
            if "UseSalesCustom" in path and entry.get("BooleanValue"):
                used.add(path[-1])
            elif "SalesCustomName" in path and text_at(entry, "StringValue").strip():
                names[path[-1]] = text_at(entry, "StringValue").strip()
    return tuple((key, names[key]) for key in sorted(names) if key in used)


def parse_named(obj: Json) -> RemoteNamed:
    """Read a Class or a Department, by its full name."""
    return RemoteNamed(
        qbo_id=required_at(obj, "Id"),
        sync_token=sync_token_at(obj),
        updated_at=updated_at(obj),
        name=text_at(obj, "FullyQualifiedName") or required_at(obj, "Name"),
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
                        deletions.append(RemoteDeletion(entity, required_at(obj, "Id"), updated_at(obj)))
                    else:
                        rows.setdefault(entity, []).append(obj)
    return RemoteChanges(
        server_time=parse_moment(required_at(answer, "time")),
        invoices=_lazy(rows.get("Invoice", ()), parse["Invoice"]),
        payments=_lazy(rows.get("Payment", ()), parse["Payment"]),
        credit_memos=_lazy(rows.get("CreditMemo", ()), parse["CreditMemo"]),
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
        return LazyObject(required_at(obj, "Id"), sync_token_at(obj), updated_at(obj), obj, parse)
    except ParseError:
        # Newer than anything, so that whoever applies it reads it and finds what is wrong with this one object.
        return LazyObject(required_at(obj, "Id"), 0, datetime.max.replace(tzinfo=UTC), obj, parse)


PARSERS: Mapping[str, Callable[..., Any]] = {
    "Invoice": parse_invoice,
    "Payment": parse_payment,
    "CreditMemo": parse_credit_memo,
    "Customer": parse_customer,
    "Item": parse_item,
}


def _parsers(home_currency: str) -> dict[str, Callable[[Json], Any]]:
    # Products are in the home currency by their nature.
    return {
        name: parse if name == "Item" else partial(parse, home_currency=home_currency)
        for name, parse in PARSERS.items()
    }

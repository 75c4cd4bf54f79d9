"""One method per thing asked of QuickBooks; dataclasses come out, nothing else goes in or out."""

import json
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

from quickbooks_bridge.domain import parsing
from quickbooks_bridge.domain.credits import lines_without
from quickbooks_bridge.domain.isolation import isolate
from quickbooks_bridge.domain.json_values import ParseError
from quickbooks_bridge.domain.problem_codes import ProblemCode
from quickbooks_bridge.domain.query import ANY_STATE, LAST_CHANGE, Condition, ids_in, named, select
from quickbooks_bridge.domain.remote import (
    LazyObject,
    RemoteChanges,
    RemoteCompany,
    RemoteCustomer,
    RemoteInvoice,
    RemoteItem,
    RemoteNamed,
    RemotePayment,
    RemoteTaxCode,
    RemoteTerm,
)

from .errors import AnswerUnserved, UnexpectedAnswer, classify
from .rate_limiter import Limiter
from .transport import TokenSource, Transport, require_key

T = TypeVar("T")

SANDBOX = "https://sandbox-quickbooks.api.intuit.com/v3"
PRODUCTION = "https://quickbooks.api.intuit.com/v3"
PAGE = 1000
LARGEST_PDF = 10 * 1024 * 1024
SYNCED_ENTITIES = ("Invoice", "Payment", "CreditMemo", "Customer", "Item")


def api_base(environment: str, override: str = "") -> str:
    """Return the base of the accounting API for an environment."""
    return override or (PRODUCTION if environment == "production" else SANDBOX)


class QuickBooksClient:
    """One company's QuickBooks. Errors are those of gateway/errors.py, raised by every method."""

    def __init__(
        self,
        *,
        realm_id: str,
        tokens: TokenSource,
        api_url: str,
        limiter: Limiter,
        interactive: bool,
        timeout: float,
        company_id: int | None = None,
        home_currency: str = "",
    ) -> None:
        self.realm_id = realm_id
        # What names no currency is in the company's own.
        self._parse_invoice = partial(parsing.parse_invoice, home_currency=home_currency)
        self._parse_payment = partial(parsing.parse_payment, home_currency=home_currency)
        self._parse_customer = partial(parsing.parse_customer, home_currency=home_currency)
        self._home_currency = home_currency
        self._http = Transport(
            realm_id=realm_id,
            tokens=tokens,
            limiter=limiter,
            api_url=api_url,
            interactive=interactive,
            timeout=timeout,
            company_id=company_id,
        )

    @property
    def last_tid(self) -> str:
        """Return Intuit's own name of the last call, by which its support finds it."""
        return self._http.last_tid

    # Company and lists

    def company(self) -> RemoteCompany:
        """Read CompanyInfo and Preferences: two calls."""
        info = self.company_info()
        url = f"{self._http.api_url}/company/{self.realm_id}/preferences"
        preferences = require_key(self._http.get(url), "Preferences")
        return _read(lambda: parsing.parse_company(info, preferences))

    def company_info(self) -> dict[str, Any]:
        """Read CompanyInfo as it comes: the cheapest proof that this company may be read."""
        info: dict[str, Any] = require_key(
            self._http.get_single_object("CompanyInfo", self.realm_id), "CompanyInfo"
        )
        return info

    def count(self, entity: str, *, where: Sequence[Condition] = ()) -> int:
        """Return how many objects match."""
        answer = require_key(self._http.query(select(entity, where=where, is_count=True)), "QueryResponse")
        return int(answer.get("totalCount", 0))

    def customers(self, *, start: int = 1, size: int = PAGE) -> list[RemoteCustomer]:
        """Return one page of all customers, inactive ones too, by id."""
        return self._page("Customer", self._parse_customer, start, size, (ANY_STATE,))

    def items(self, *, start: int = 1, size: int = PAGE) -> list[RemoteItem]:
        """Return one page of all products, inactive ones too, by id."""
        return self._page("Item", parsing.parse_item, start, size, (ANY_STATE,))

    def invoices(
        self, *, start: int = 1, size: int = PAGE, where: Sequence[Condition] = ()
    ) -> list[RemoteInvoice]:
        """Return one page of invoices by id; deleted ones are never among them."""
        return self._page("Invoice", self._parse_invoice, start, size, where)

    def listed(
        self, entity: str, *, since: datetime | None = None, start: int = 1, size: int = PAGE
    ) -> tuple[LazyObject[Any], ...]:
        """Return one page of a watched entity in the order of the last change, inactive ones too, from `since` on."""
        where: list[Condition] = [ANY_STATE] if entity in {"Customer", "Item"} else []
        if since is not None:
            where.append((LAST_CHANGE, ">=", since.isoformat(timespec="seconds")))
        rows = self._rows(entity, start, size, where, order_by=LAST_CHANGE)
        return _read(lambda: parsing.lazy(entity, rows, home_currency=self._home_currency))

    def found(self, entity: str, qbo_ids: Sequence[str]) -> tuple[LazyObject[Any], ...]:
        """Return those of at most `PAGE` objects of a watched entity that QuickBooks still has, inactive ones too."""
        where = [ids_in(qbo_ids), *([ANY_STATE] if entity in {"Customer", "Item"} else [])]
        rows = self._rows(entity, 1, PAGE, where)
        return _read(lambda: parsing.lazy(entity, rows, home_currency=self._home_currency))

    def existing_ids(self, entity: str, qbo_ids: Sequence[str]) -> set[str]:
        """Return which of at most `PAGE` objects QuickBooks still has; deleted ones are never listed."""
        where = [ids_in(qbo_ids), *([ANY_STATE] if entity in {"Customer", "Item"} else [])]
        rows = self._rows(entity, 1, PAGE, where)
        return {str(row.get("Id")) for row in rows}

    def items_named(self, name: str) -> list[RemoteItem]:
        """Return the products with exactly this name, inactive ones too."""
        found = self._page("Item", parsing.parse_item, 1, PAGE, (named("Name", name), ANY_STATE))
        return [item for item in found if item.name.rpartition(":")[2].casefold() == name.casefold()]

    def customers_named(self, name: str) -> list[RemoteCustomer]:
        """Return the customers with exactly this display name, inactive ones too."""
        found = self._page("Customer", self._parse_customer, 1, PAGE, (named("DisplayName", name), ANY_STATE))
        return [customer for customer in found if customer.display_name.casefold() == name.casefold()]

    def other_named(self, name: str) -> str:
        """Return "Vendor" or "Employee" when one has this display name, else "": they share names with customers."""
        for entity in ("Vendor", "Employee"):
            rows = self._rows(entity, 1, PAGE, (named("DisplayName", name),))
            if any(str(row.get("DisplayName", "")).casefold() == name.casefold() for row in rows):
                return entity
        return ""

    def tax_codes(self) -> tuple[RemoteTaxCode, ...]:
        """Return the tax codes with their rates: two calls."""
        codes, rates = self._rows("TaxCode", 1, PAGE, ()), self._rows("TaxRate", 1, PAGE, ())
        return _read(lambda: parsing.parse_tax_codes(codes, rates))

    def exchange_rate(self, currency: str, day: date) -> Decimal:
        """Return the home units of one unit of a currency as of a day."""
        url = f"{self._http.api_url}/company/{self.realm_id}/exchangerate"
        params = {"sourcecurrencycode": currency, "asofdate": day.isoformat()}
        answer = require_key(self._http.get(url, params=params), "ExchangeRate")
        return _read(lambda: parsing.parse_exchange_rate(answer))

    def named(self, entity: str) -> list[RemoteNamed]:
        """Return all classes ("Class") or locations ("Department"), inactive ones too."""
        return self._page(entity, parsing.parse_named, 1, PAGE, (ANY_STATE,))

    def income_accounts(self) -> list[RemoteNamed]:
        """Return the active accounts that income is booked to."""
        return self._page("Account", parsing.parse_named, 1, PAGE, (("AccountType", "=", "Income"),))

    def terms(self) -> list[RemoteTerm]:
        """Return the payment terms."""
        return self._page("Term", parsing.parse_term, 1, PAGE, ())

    def changes(
        self, since: datetime, *, entities: Sequence[str] = SYNCED_ENTITIES, lists: Sequence[str] = ()
    ) -> RemoteChanges:
        """Ask change data capture once for all entities, with the `lists` that the company uses; `since` must be aware."""
        names = ",".join((*entities, *lists))
        answer = self._http.change_data_capture(names, since.isoformat(timespec="seconds"))
        responses = require_key(answer, "CDCResponse")
        if any("Fault" in response for response in responses):
            raise classify(400, {}, json.dumps(answer, default=str).encode(), is_write=False)
        return _read(lambda: parsing.parse_cdc(answer, home_currency=self._home_currency))

    # Invoices

    def invoice_read(self, qbo_id: str) -> RemoteInvoice:
        """Read one invoice; NotFound when it is deleted."""
        return self._one("Invoice", self._http.get_single_object("Invoice", qbo_id), self._parse_invoice)

    def invoice_create(self, payload: dict[str, Any], *, request_id: str) -> RemoteInvoice:
        """Create an invoice; the same request id gives the first answer again and creates nothing."""
        return self._write("Invoice", payload, self._parse_invoice, request_id=request_id)

    def invoice_void(self, qbo_id: str, *, sync_token: int, request_id: str) -> RemoteInvoice:
        """Void an invoice. Refused by QuickBooks while a payment settles it."""
        body = {"Id": qbo_id, "SyncToken": str(sync_token)}
        return self._write("Invoice", body, self._parse_invoice, request_id=request_id, operation="void")

    def invoice_delete(self, qbo_id: str, *, sync_token: int, request_id: str) -> None:
        """Delete an invoice; it can never be read again."""
        body = json.dumps({"Id": qbo_id, "SyncToken": str(sync_token)})
        url = f"{self._http.api_url}/company/{self.realm_id}/invoice"
        require_key(
            self._http.post(url, body, params={"operation": "delete"}, request_id=request_id), "Invoice"
        )

    def invoice_send(self, qbo_id: str, *, to: str, request_id: str) -> RemoteInvoice:
        """Let QuickBooks mail the invoice to `to`, which also becomes its billing address."""
        url = f"{self._http.api_url}/company/{self.realm_id}/invoice/{qbo_id}/send"
        answer = self._http.post(
            url, "", content_type="application/octet-stream", params={"sendTo": to}, request_id=request_id
        )
        return self._one("Invoice", answer, self._parse_invoice)

    def invoice_pdf(self, qbo_id: str) -> bytes:
        """Return the invoice as PDF; anything that is no PDF, or over 10 MB, is refused."""
        _kind, data = self._http.fetch_bytes(f"invoice/{qbo_id}/pdf", accept="application/pdf")
        if not data.startswith(b"%PDF-") or len(data) > LARGEST_PDF:
            raise UnexpectedAnswer("not_a_pdf", problem_code=ProblemCode.UNEXPECTED)
        return data

    def invoice_find(self, marker: str, *, customer_qbo_id: str, since: date) -> RemoteInvoice | None:
        """Return the invoice of a customer with the marker in its note, which cannot be queried itself.

        Raises AnswerUnserved where it is not among those that can be read and some cannot.
        """
        where = (("CustomerRef", "=", customer_qbo_id), ("TxnDate", ">=", since.isoformat()))
        start = 1
        while True:
            page = isolate(
                lambda at, count: self.invoices(start=at, size=count, where=where),
                start,
                PAGE,
                unserved=AnswerUnserved,
            )
            found = next((one for one in page.rows.values() if marker in one.private_note), None)
            if found is not None:
                return found
            if page.unserved:
                # The one that is looked for may be the very one that cannot be read: nobody knows.
                raise AnswerUnserved("4002", problem_code=ProblemCode.UNEXPECTED)
            if len(page.rows) < PAGE:
                return None
            start += PAGE

    def invoice_pay_link(self, qbo_id: str) -> str:
        """Return the address where the customer pays the invoice online, "" where QuickBooks gives none."""
        answer = self._http.get_single_object("Invoice", qbo_id, params={"include": "invoiceLink"})
        return str(require_key(answer, "Invoice").get("InvoiceLink") or "")

    def attachment_upload(
        self, invoice_qbo_id: str, *, name: str, media: str, data: bytes, is_sent: bool, request_id: str
    ) -> str:
        """Attach a file to an invoice, sent along with its emails or not; returns its id."""
        about = {
            "FileName": name,
            "ContentType": media,
            "AttachableRef": [
                {"EntityRef": {"type": "Invoice", "value": invoice_qbo_id}, "IncludeOnSend": is_sent}
            ],
        }
        url = f"{self._http.api_url}/company/{self.realm_id}/attachable"
        answer = self._http.post(url, json.dumps(about), file_bytes=data, request_id=request_id)
        entries = require_key(answer, "AttachableResponse")
        if not entries or "Fault" in entries[0]:
            raise classify(
                400, {}, json.dumps(entries[0] if entries else {}, default=str).encode(), is_write=True
            )
        return str(require_key(entries[0], "Attachable").get("Id", ""))

    def attachment_ids(self, invoice_qbo_id: str, name: str) -> list[str]:
        """Return the files of this name that an invoice has: how one whose answer was lost is found again."""
        rows = self._rows("Attachable", 1, PAGE, (("AttachableRef.EntityRef.value", "=", invoice_qbo_id),))

        def is_of_invoice(row: dict[str, Any]) -> bool:
            refs = [ref.get("EntityRef") or {} for ref in row.get("AttachableRef") or ()]
            return any(str(ref.get("type", "")).casefold() == "invoice" for ref in refs)

        return [str(row.get("Id")) for row in rows if row.get("FileName") == name and is_of_invoice(row)]

    # Payments

    def payment_read(self, qbo_id: str) -> RemotePayment:
        """Read one payment."""
        return self._one("Payment", self._http.get_single_object("Payment", qbo_id), self._parse_payment)

    def payment_unapply(
        self, payment: RemotePayment, *, invoice_qbo_id: str, request_id: str
    ) -> RemotePayment:
        """Take one invoice off a payment: its money stays as the customer's credit, a credit memo gets its credit back.

        A payment's lines are all or none, so the remaining ones are sent along.
        """
        lines = lines_without(payment, invoice_qbo_id)
        return self.payment_set_lines(payment, lines, request_id=request_id)

    def payment_set_lines(
        self, payment: RemotePayment, lines: Sequence[dict[str, Any]], *, request_id: str
    ) -> RemotePayment:
        """Write what a payment settles, everything else of it as it was read."""
        body = {**payment.raw, "Line": list(lines), "sparse": True}
        for read_only in ("MetaData", "UnappliedAmt", "domain", "LinkedTxn"):
            body.pop(read_only, None)
        return self._write("Payment", body, self._parse_payment, request_id=request_id)

    # Customers and products

    def customer_read(self, qbo_id: str) -> RemoteCustomer:
        """Read one customer."""
        return self._one("Customer", self._http.get_single_object("Customer", qbo_id), self._parse_customer)

    def customer_write(self, payload: dict[str, Any], *, request_id: str) -> RemoteCustomer:
        """Create a customer, or update one sparsely when the payload has an Id."""
        return self._write("Customer", payload, self._parse_customer, request_id=request_id)

    def item_read(self, qbo_id: str) -> RemoteItem:
        """Read one product."""
        return self._one("Item", self._http.get_single_object("Item", qbo_id), parsing.parse_item)

    def item_write(self, payload: dict[str, Any], *, request_id: str) -> RemoteItem:
        """Create a product, or update one sparsely when the payload has an Id."""
        return self._write("Item", payload, parsing.parse_item, request_id=request_id)

    # Shapes

    def _rows(
        self, entity: str, start: int, size: int, where: Sequence[Condition], *, order_by: str = "Id"
    ) -> list[dict[str, Any]]:
        sentence = select(entity, where=where, start=start, size=size, order_by=order_by)
        answer = self._http.query(sentence)
        rows: list[dict[str, Any]] = require_key(answer, "QueryResponse").get(entity, [])
        return rows

    def _page(
        self,
        entity: str,
        parse: Callable[[dict[str, Any]], T],
        start: int,
        size: int,
        where: Sequence[Condition],
    ) -> list[T]:
        rows = self._rows(entity, start, size, where)
        return _read(lambda: [parse(row) for row in rows])

    def _one(self, entity: str, answer: Any, parse: Callable[[dict[str, Any]], T]) -> T:
        obj = require_key(answer, entity)
        return _read(lambda: parse(obj))

    def _write(
        self,
        entity: str,
        payload: dict[str, Any],
        parse: Callable[[dict[str, Any]], T],
        *,
        request_id: str,
        operation: str = "",
    ) -> T:
        url = f"{self._http.api_url}/company/{self.realm_id}/{entity.lower()}"
        params = {"operation": operation} if operation else {}
        # A repetition is the same to the byte, also after a database that keeps no order of keys.
        body = json.dumps(payload, default=str, sort_keys=True)
        answer = self._http.post(url, body, params=params, request_id=request_id)
        return self._one(entity, answer, parse)


def _read(parse: Callable[[], T]) -> T:
    try:
        return parse()
    except ParseError as error:
        raise UnexpectedAnswer(f"unreadable:{error}", problem_code=ProblemCode.UNEXPECTED) from error

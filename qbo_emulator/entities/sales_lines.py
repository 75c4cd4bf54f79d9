"""Lines of a sales form: what each type must hold, which ids they get, what they add up to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from qbo_emulator.core.currencies import digits_of
from qbo_emulator.core.field_values import (
    amount_out,
    cents,
    date_in,
    decimals_within,
    number_in,
    number_out,
    reference,
    reference_id,
    referred,
    rounded,
)
from qbo_emulator.core.rows import Row
from qbo_emulator.core.schema import Write
from qbo_emulator.core.split_names import words
from qbo_emulator.core.store import Company
from qbo_emulator.entities.sales_discounts import discounted
from qbo_emulator.faults import errors, sales
from qbo_emulator.json_codec import Doc

LINE_KNOWN = words(
    "Id LineNum Description Amount LinkedTxn DetailType SalesItemLineDetail SubTotalLineDetail "
    "DiscountLineDetail DescriptionLineDetail GroupLineDetail CustomField LineEx Received ProjectRef"
)
DETAIL_KNOWN = words(
    "ItemRef ClassRef UnitPrice RatePercent PriceLevelRef MarkupInfo Qty UOMRef ItemAccountRef "
    "InventorySiteRef TaxCodeRef ServiceDate TaxInclusiveAmt DiscountRate DiscountAmt DeferredRevenue "
    "TaxClassificationRef SalesItemLineDetailEx"
)


EXCLUDED, INCLUSIVE, NOT_APPLICABLE = "TaxExcluded", "TaxInclusive", "NotApplicable"
MOST_DECIMALS = 5
# The year from which recorded lines say their item's account.
ITEM_ACCOUNTS_SINCE = 2024
# Items of no list: they need a preference instead, and stand below the subtotal.
PSEUDO_ITEMS = {"SHIPPING_ITEM_ID": "AllowShipping", "GRATUITY_ITEM_ID": "AllowGratuity"}


@dataclass(frozen=True)
class Part:
    """An amount under a tax code, without and with its tax."""

    code: str
    net: Decimal
    gross: Decimal


@dataclass
class Lines:
    """The lines to store and the sums they make; shipping is beside the subtotal."""

    stored: list[Doc]
    subtotal: Decimal
    discount: Decimal
    taxable: Decimal
    beside: Decimal
    parts: list[Part]
    # decimals of the form's currency
    digits: int = 2

    def rounded(self, value: Decimal) -> Decimal:
        return rounded(value, self.digits)


def calculation_of(write: Write) -> str | None:
    """How amounts and tax relate outside the United States (2170, 6170); None inside."""
    if not write.company.has_tax_codes:
        return None
    given = str(write.merged.get("GlobalTaxCalculation") or EXCLUDED)
    if given not in {EXCLUDED, INCLUSIVE, NOT_APPLICABLE}:
        raise errors.invalid_enum("GlobalTaxCalculation", given)
    detail = write.sent.get("TxnTaxDetail")
    if (
        given == NOT_APPLICABLE
        and isinstance(detail, dict)
        and (detail.get("TaxLine") or detail.get("TxnTaxCodeRef"))
    ):
        raise sales.tax_not_applicable()
    return given


def percent_of(company: Company, code_id: str) -> Decimal:
    """What all sales rates of a tax code add up to."""
    code = company.row("TaxCode", code_id)
    listed = (code.data.get("SalesTaxRateList") or {}).get("TaxRateDetail") or [] if code else []
    rows = (company.row("TaxRate", str(reference_id(detail.get("TaxRateRef")))) for detail in listed)
    return sum((Decimal(row.data["RateValue"]) for row in rows if row is not None), Decimal(0))


class LineReader:
    """Reads the lines of one write; new lines get ids above those the form already had."""

    def __init__(self, write: Write, customer: Row | None, txn_date: date, currency: str) -> None:
        self.write = write
        self.customer = customer
        self.txn_date = txn_date
        self.digits = digits_of(currency)
        # Stored lines are not judged again when an update sends none: their items may be inactive now.
        self.fresh = write.before is None or "Line" in write.sent
        before = write.before.data.get("Line", []) if write.before else []
        self.known_ids = {line["Id"] for line in before if "Id" in line}
        self.highest = max((int(qbo_id) for qbo_id in self.known_ids), default=0)
        self.number = 0
        self.calculation = calculation_of(write)
        self.parts: list[Part] = []

    def read(self) -> Lines:
        given = self.write.merged.get("Line") or []
        if not isinstance(given, list) or not all(isinstance(line, dict) for line in given):
            raise errors.unreadable_body("Line")
        items: list[Doc] = []
        discounts: list[Doc] = []
        below: list[Doc] = []
        subtotal = taxable = beside = Decimal(0)
        for line in given:
            kind = self._detail_type(line)
            if kind == "SubTotalLineDetail":
                continue
            if kind == "DiscountLineDetail":
                discounts.append(line)
                continue
            stored_line, amount, taxed = self._line(kind, line)
            taxable += taxed
            if self._is_pseudo(stored_line):
                below.append(stored_line)
                beside += amount
                continue
            items.append(stored_line)
            subtotal += amount
        if not items:
            raise errors.required("Line")
        closing: list[Doc] = [
            {"Amount": amount_out(subtotal), "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}}
        ]
        discount = Decimal(0)
        if discounts:
            gross = sum((part.gross for part in self.parts), Decimal(0))
            gross = gross if self.calculation == INCLUSIVE else Decimal(0)
            discount_line, discount = discounted(self.write.company, discounts, subtotal, gross, self.digits)
            closing.append(discount_line)
        return Lines(items + closing + below, subtotal, discount, taxable, beside, self.parts, self.digits)

    @staticmethod
    def _is_pseudo(line: Doc) -> bool:
        return reference_id(line.get("SalesItemLineDetail", {}).get("ItemRef")) in PSEUDO_ITEMS

    def _detail_type(self, line: Doc) -> str:
        for name in line:
            if name not in LINE_KNOWN:
                raise errors.unknown_property(name, "Line", list(LINE_KNOWN))
        kind = line.get("DetailType")
        if kind in (None, ""):
            raise errors.required("Line.DetailType")
        allowed = (
            "SalesItemLineDetail",
            "SubTotalLineDetail",
            "DiscountLineDetail",
            "DescriptionOnly",
            "GroupLineDetail",
        )
        if kind not in allowed:
            raise errors.invalid_enum("DetailType", kind)
        return str(kind)

    def _head(self, line: Doc) -> Doc:
        self.number += 1
        given = str(line.get("Id") or "")
        if given in self.known_ids:
            identity = given
        else:
            self.highest += 1
            identity = str(self.highest)
        head: Doc = {"Id": identity, "LineNum": self.number}
        description = line.get("Description")
        if description:
            if len(str(description)) > 4000:
                raise errors.wrong_length("Line.Description", 4000, len(str(description)))
            head["Description"] = str(description)
        return head

    def _line(self, kind: str, line: Doc) -> tuple[Doc, Decimal, Decimal]:
        """The line to store, its amount, and the part of it that is taxed."""
        if kind == "DescriptionOnly":
            return (
                {**self._head(line), "DetailType": kind, "DescriptionLineDetail": {}},
                Decimal(0),
                Decimal(0),
            )
        if kind == "GroupLineDetail":
            return self._group(line)
        amount = number_in("Line.Amount", line.get("Amount"))
        if amount is None:
            raise errors.required("Line.Amount")
        detail = line.get("SalesItemLineDetail")
        if not isinstance(detail, dict):
            raise errors.required("Line.SalesItemLineDetail")
        amount = rounded(amount, self.digits)
        kept = self._sales_detail(detail, amount)
        taxed = amount if kept.get("TaxCodeRef", {}).get("value") == "TAX" else Decimal(0)
        head = self._head(line)
        links = [link for link in line.get("LinkedTxn") or [] if link.get("TxnId")]
        if links:
            head["LinkedTxn"] = links
        return {**head, "Amount": amount_out(amount), "DetailType": kind, kind: kept}, amount, taxed

    def _sales_detail(self, detail: Doc, amount: Decimal) -> Doc:
        for name in detail:
            if name not in DETAIL_KNOWN:
                raise errors.unknown_property(name, "SalesItemLineDetail", list(DETAIL_KNOWN))
        item = self._item(detail)
        price, quantity = (number_in(name, detail.get(name)) for name in ("UnitPrice", "Qty"))
        if price == 0 and quantity == 0:
            # Clients that fill every property send both as zero with a real amount, and it is taken.
            price = quantity = None
        if price is not None and quantity is not None and rounded(price * quantity, self.digits) != amount:
            raise errors.wrong_amount(amount)
        refused = self.write.company.switches.long_decimals == "refused"
        price = decimals_within("UnitPrice", price, MOST_DECIMALS, refused=refused)
        quantity = decimals_within("Qty", quantity, MOST_DECIMALS, refused=refused)
        self._check_stock(item, quantity)
        prefs = self.write.company.preferences
        kept: Doc = {}
        service = date_in("ServiceDate", detail.get("ServiceDate"))
        if service is not None and prefs["SalesFormsPrefs"].get("AllowServiceDate"):
            kept["ServiceDate"] = service.isoformat()
        code, inclusive = self._tax_code(detail, item, amount)
        if inclusive is not None:
            kept["TaxInclusiveAmt"] = amount_out(inclusive)
        kept["ItemRef"] = (
            reference(item) if item is not None else {"value": reference_id(detail.get("ItemRef"))}
        )
        kept["ClassRef"] = self._class(detail)
        if price is not None:
            kept["UnitPrice"] = number_out(price)
        if quantity is not None:
            kept["Qty"] = number_out(quantity)
        if detail.get("MarkupInfo"):
            kept["MarkupInfo"] = detail["MarkupInfo"]
        account = item.data.get("IncomeAccountRef") if item is not None else None
        if account and self.write.company.switches.rows_as_of >= ITEM_ACCOUNTS_SINCE:
            kept["ItemAccountRef"] = dict(account)
        if code is not None:
            kept["TaxCodeRef"] = {"value": code}
        return {name: value for name, value in kept.items() if value is not None}

    def _class(self, detail: Doc) -> Doc | None:
        """The class of a line, where lines have classes (5030 in an edition without them, 2500 for an unknown one)."""
        company = self.write.company
        if reference_id(detail.get("ClassRef")) is None:
            return None
        if company.profile.is_simple and self.fresh:
            raise sales.not_in_edition("ClassRef")
        if not company.preferences["AccountingInfoPrefs"].get("ClassTrackingPerTxnLine"):
            return None
        row = referred(company, "Class", detail["ClassRef"], what="Klasses")
        return reference(row) if row else None

    def _check_stock(self, item: Row | None, quantity: Decimal | None) -> None:
        """Where the switch says so, no more of a counted item is sold than there is (6520)."""
        if not self.fresh or item is None or self.write.company.switches.stock_shortage == "allowed":
            return
        if item.data["Type"] == "Inventory" and (quantity or 0) > Decimal(item.data.get("QtyOnHand") or 0):
            raise sales.stock_short(item.data["Name"])

    def _item(self, detail: Doc) -> Row | None:
        """The item of a line; None for shipping and the like, which are in no list."""
        company = self.write.company
        given = detail.get("ItemRef")
        if reference_id(given) is None:
            defaults = company.preferences["OtherPrefs"]["NameValue"]
            given = next(
                (pair["Value"] for pair in defaults if pair["Name"] == "SalesFormsPrefs.DefaultItem"), None
            )
            if given is None:
                raise errors.required("ItemRef")
        qbo_id = str(reference_id(given))
        if qbo_id in PSEUDO_ITEMS:
            if not company.preferences["SalesFormsPrefs"].get(PSEUDO_ITEMS[qbo_id]):
                raise errors.business(f"{qbo_id} cannot be used: it is turned off in the company settings.")
            return None
        row = company.row("Item", qbo_id)
        if row is None:
            raise errors.invalid_reference("Items", qbo_id)
        if self.fresh and not row.active:
            raise errors.not_found()
        if row.data["Type"] == "Category":
            raise errors.category_in_transaction()
        if self.fresh and row.data["Type"] == "Group":
            raise errors.business("A bundle cannot stand in a SalesItemLineDetail: use a GroupLineDetail.")
        start = row.data.get("InvStartDate")
        if self.fresh and start and self.txn_date < date.fromisoformat(start):
            raise sales.before_stock_start()
        return row

    def _tax_code(self, detail: Doc, item: Row | None, amount: Decimal) -> tuple[str | None, Decimal | None]:
        """The tax code to store and, where amounts include tax, the amount with it."""
        company, given = self.write.company, reference_id(detail.get("TaxCodeRef"))
        if self.calculation is not None:
            return self._listed_code(company, given, detail, amount)
        if given is None:
            taxed = company.uses_sales_tax and item is not None and item.data.get("Taxable")
            return ("TAX" if taxed else "NON"), None
        if given not in {"TAX", "NON"}:
            raise sales.wrong_us_tax_code(given)
        return given, None

    def _listed_code(
        self, company: Company, given: str | None, detail: Doc, amount: Decimal
    ) -> tuple[str | None, Decimal | None]:
        if self.calculation == NOT_APPLICABLE or not company.uses_sales_tax:
            return None, None
        if given is None:
            raise sales.tax_missing(company.profile.tax_word)
        if self.fresh:
            referred(company, "TaxCode", given, what="TaxCodes")
        gross = number_in("TaxInclusiveAmt", detail.get("TaxInclusiveAmt"))
        if self.calculation != INCLUSIVE or not gross:
            gross = amount * (1 + percent_of(company, given) / 100)
        gross = rounded(gross, self.digits)
        self.parts.append(Part(given, amount, gross))
        return given, gross if self.calculation == INCLUSIVE else None

    def _group(self, line: Doc) -> tuple[Doc, Decimal, Decimal]:
        """A bundle: its own line sums the lines inside, which are judged like any other."""
        detail = line.get("GroupLineDetail") or {}
        head = self._head(line)
        inner: list[Doc] = []
        total = taxable = Decimal(0)
        for part in detail.get("Line") or self._bundle_lines(detail):
            stored_line, amount, taxed = self._line(self._detail_type(part), part)
            inner.append(stored_line)
            total += amount
            taxable += taxed
        row = referred(self.write.company, "Item", detail.get("GroupItemRef"), what="Items")
        kept: Doc = {"GroupItemRef": reference(row)} if row else {}
        quantity = number_in("Quantity", detail.get("Quantity"))
        if quantity is not None:
            kept["Quantity"] = number_out(quantity)
        kept["Line"] = inner
        stored_group = {
            **head,
            # Zero in the recorded answer: the amounts are those of the lines inside.
            "Amount": 0,
            "DetailType": "GroupLineDetail",
            "GroupLineDetail": kept,
        }
        return stored_group, total, taxable

    def _bundle_lines(self, detail: Doc) -> list[Doc]:
        """The lines a bundle stands for when none are sent: its items, that many times, at their prices."""
        company = self.write.company
        bundle = referred(company, "Item", detail.get("GroupItemRef"), what="Items")
        times = number_in("Quantity", detail.get("Quantity")) or Decimal(1)
        listed = (bundle.data.get("ItemGroupDetail") or {}).get("ItemGroupLine") or [] if bundle else []
        lines: list[Doc] = []
        for entry in listed:
            item = company.row("Item", str(reference_id(entry.get("ItemRef"))))
            if item is None:
                continue
            price, count = Decimal(item.data.get("UnitPrice") or 0), Decimal(entry.get("Qty") or 1) * times
            sold: Doc = {"ItemRef": {"value": item.qbo_id}, "UnitPrice": price, "Qty": count}
            if item.data.get("SalesTaxCodeRef"):
                sold["TaxCodeRef"] = item.data["SalesTaxCodeRef"]
            kind = "SalesItemLineDetail"
            line: Doc = {"Amount": cents(price * count), "DetailType": kind, kind: sold}
            lines.append({**line, "Description": item.data.get("Description")})
        return lines

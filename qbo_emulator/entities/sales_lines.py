"""Lines of a sales form: what each type must hold, which ids they get, what they add up to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from qbo_emulator.core.field_values import (
    amount_out,
    cents,
    date_in,
    number_in,
    number_out,
    reference,
    reference_id,
    referred,
)
from qbo_emulator.core.rows import Row
from qbo_emulator.core.schema import Write
from qbo_emulator.core.split_names import words
from qbo_emulator.core.store import Company
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

    def __init__(self, write: Write, customer: Row | None, txn_date: date) -> None:
        self.write = write
        self.customer = customer
        self.txn_date = txn_date
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
            discount_line, discount = self._discount(discounts, subtotal)
            closing.append(discount_line)
        return Lines(items + closing + below, subtotal, discount, taxable, beside, self.parts)

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
        amount = cents(amount)
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
        price = number_in("UnitPrice", detail.get("UnitPrice"))
        quantity = number_in("Qty", detail.get("Qty"))
        if price == 0 and quantity == 0:
            # Clients that fill every property send both as zero with a real amount, and it is taken.
            price = quantity = None
        if price is not None and quantity is not None and cents(price * quantity) != amount:
            raise errors.wrong_amount(amount)
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
        if reference_id(detail.get("ClassRef")) and prefs["AccountingInfoPrefs"].get(
            "ClassTrackingPerTxnLine"
        ):
            row = referred(self.write.company, "Class", detail["ClassRef"], what="Classes")
            kept["ClassRef"] = reference(row) if row else None
        if price is not None:
            kept["UnitPrice"] = number_out(price)
        if quantity is not None:
            kept["Qty"] = number_out(quantity)
        if code is not None:
            kept["TaxCodeRef"] = {"value": code}
        return kept

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
        start = row.data.get("InvStartDate")
        if self.fresh and start and self.txn_date < date.fromisoformat(start):
            raise errors.before_stock_start()
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
            raise errors.wrong_us_tax_code(given)
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
            gross = cents(amount * (1 + percent_of(company, given) / 100))
        self.parts.append(Part(given, amount, cents(gross)))
        return given, cents(gross) if self.calculation == INCLUSIVE else None

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

    def _discount(self, given: list[Doc], subtotal: Decimal) -> tuple[Doc, Decimal]:
        if len(given) > 1:
            raise errors.business("Only one discount line is allowed on a transaction.")
        prefs = self.write.company.preferences["SalesFormsPrefs"]
        if not prefs.get("AllowDiscount"):
            raise errors.business("Discounts are turned off in the company settings.")
        detail = given[0].get("DiscountLineDetail") or {}
        percent = number_in("DiscountPercent", detail.get("DiscountPercent"))
        amount = number_in("Line.Amount", given[0].get("Amount"))
        by_percent = bool(detail.get("PercentBased")) and percent is not None
        if by_percent and percent is not None:
            amount = cents(subtotal * percent / 100)
        if amount is None:
            raise errors.discount_missing()
        kept: Doc = {"PercentBased": by_percent}
        if by_percent and percent is not None:
            kept["DiscountPercent"] = number_out(percent)
        account_id = reference_id(detail.get("DiscountAccountRef")) or prefs.get("DefaultDiscountAccount")
        account = referred(self.write.company, "Account", account_id, what="Accounts")
        if account is not None:
            kept["DiscountAccountRef"] = reference(account)
        line = {"Amount": amount_out(amount), "DetailType": "DiscountLineDetail", "DiscountLineDetail": kept}
        return line, cents(amount)

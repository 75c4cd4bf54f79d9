"""Lines of purchases: spent on an account or on an item, for a customer or for the house."""

from __future__ import annotations

from decimal import Decimal

from qbo_emulator.core.field_values import (
    amount_out,
    cents,
    number_in,
    number_out,
    reference,
    reference_id,
    referred,
)
from qbo_emulator.core.schema import Write
from qbo_emulator.core.split_names import words
from qbo_emulator.entities import transactions as txn
from qbo_emulator.faults import errors
from qbo_emulator.json_codec import Doc

LINE_KNOWN = words(
    "Id LineNum Description Amount LinkedTxn DetailType AccountBasedExpenseLineDetail "
    "ItemBasedExpenseLineDetail DescriptionLineDetail CustomField LineEx Received ProjectRef"
)
SHARED = "CustomerRef ClassRef BillableStatus MarkupInfo TaxAmount TaxCodeRef TaxInclusiveAmt"
DETAIL_KNOWN = {
    "AccountBasedExpenseLineDetail": words(f"AccountRef ProjectRef ExpenseDetailLineDetailEx {SHARED}"),
    "ItemBasedExpenseLineDetail": words(
        f"ItemRef UnitPrice RatePercent PriceLevelRef Qty UOMRef ItemAccountRef InventorySiteRef {SHARED}"
    ),
}
STATUSES = ("Billable", "NotBillable", "HasBeenBilled")


def read(write: Write, *, numbered: bool = True) -> tuple[list[Doc], Decimal]:
    """The lines to store and their sum; a line without a known id gets one above those there were."""
    given = write.merged.get("Line") or []
    if not isinstance(given, list) or not all(isinstance(line, dict) for line in given):
        raise errors.unreadable_body("Line")
    if not given:
        raise errors.required("Line")
    if write.before is not None and "Line" not in write.sent:
        kept: list[Doc] = write.before.data["Line"]
        return kept, sum((Decimal(line.get("Amount") or 0) for line in kept), Decimal(0))
    before = write.before.data.get("Line", []) if write.before else []
    known = {line["Id"] for line in before if "Id" in line}
    highest = max((int(line_id) for line_id in known), default=0)
    lines: list[Doc] = []
    sum_of_lines = Decimal(0)
    for position, line in enumerate(given, start=1):
        line_id = str(line.get("Id") or "")
        if line_id not in known:
            highest += 1
            line_id = str(highest)
        head: Doc = {"Id": line_id}
        if numbered:
            head["LineNum"] = position
        stored_line, amount = _line(write, line, head)
        lines.append(stored_line)
        sum_of_lines += amount
    return lines, sum_of_lines


def _kind_of(line: Doc) -> str:
    """The DetailType, with the line's own properties and the detail's checked (2010, 2020, 2170)."""
    for name in line:
        if name not in LINE_KNOWN:
            raise errors.unknown_property(name, "Line", list(LINE_KNOWN))
    kind = line.get("DetailType")
    if kind in (None, ""):
        raise errors.required("Line.DetailType")
    if kind == "DescriptionOnly":
        return "DescriptionOnly"
    if kind not in DETAIL_KNOWN:
        raise errors.invalid_enum("DetailType", kind)
    detail = line.get(kind)
    if not isinstance(detail, dict):
        raise errors.required(f"Line.{kind}")
    for name in detail:
        if name not in DETAIL_KNOWN[kind]:
            raise errors.unknown_property(name, str(kind), list(DETAIL_KNOWN[kind]))
    return str(kind)


def _line(write: Write, line: Doc, head: Doc) -> tuple[Doc, Decimal]:
    kind = _kind_of(line)
    if line.get("Description"):
        if len(str(line["Description"])) > 4000:
            raise errors.wrong_length("Line.Description", 4000, len(str(line["Description"])))
        head["Description"] = str(line["Description"])
    if kind == "DescriptionOnly":
        return {**head, "DetailType": kind, "DescriptionLineDetail": {}}, Decimal(0)
    amount = number_in("Line.Amount", line.get("Amount"))
    if amount is None:
        raise errors.required("Line.Amount")
    detail: Doc = line[kind]
    head["Amount"] = amount_out(amount)
    linked = [link for link in line.get("LinkedTxn") or [] if link.get("TxnId")]
    if linked:
        head["LinkedTxn"] = linked
    if line.get("ProjectRef"):
        head["ProjectRef"] = line["ProjectRef"]
    is_item = kind == "ItemBasedExpenseLineDetail"
    kept = _item_detail(write, detail, cents(amount)) if is_item else _account_detail(write, detail)
    return {**head, "DetailType": kind, kind: kept}, cents(amount)


def _customer(write: Write, detail: Doc) -> Doc:
    """For whom it was spent, of which class, and whether that customer is to be billed."""
    kept: Doc = {}
    customer = referred(write.company, "Customer", detail.get("CustomerRef"), what="Names")
    if customer is not None:
        kept["CustomerRef"] = reference(customer)
    row = referred(write.company, "Class", detail.get("ClassRef"), what="Classes")
    if row is not None:
        kept["ClassRef"] = reference(row)
    return kept


def _billable(detail: Doc, *, has_customer: bool) -> str:
    status = str(detail.get("BillableStatus") or "NotBillable")
    if status not in STATUSES:
        raise errors.invalid_enum("BillableStatus", status)
    if status == "Billable" and not has_customer:
        raise errors.business("A billable line needs a customer.")
    return status


def _account_detail(write: Write, detail: Doc) -> Doc:
    kept = _customer(write, detail)
    kept["AccountRef"] = txn.account_of(write, "AccountRef", detail.get("AccountRef"))
    kept["BillableStatus"] = _billable(detail, has_customer="CustomerRef" in kept)
    if detail.get("MarkupInfo"):
        kept["MarkupInfo"] = detail["MarkupInfo"]
    return kept | _tax_code(write, detail)


def _item_detail(write: Write, detail: Doc, amount: Decimal) -> Doc:
    kept = _customer(write, detail)
    kept["BillableStatus"] = _billable(detail, has_customer="CustomerRef" in kept)
    row = referred(write.company, "Item", detail.get("ItemRef"), what="Items")
    if row is None:
        raise errors.required("ItemRef")
    if row.data["Type"] == "Category":
        raise errors.category_in_transaction()
    price = number_in("UnitPrice", detail.get("UnitPrice"))
    quantity = number_in("Qty", detail.get("Qty"))
    if price == 0 and quantity == 0:
        price = quantity = None
    if price is not None and quantity is not None and cents(price * quantity) != amount:
        raise errors.wrong_amount(amount)
    kept["ItemRef"] = reference(row)
    if price is not None:
        kept["UnitPrice"] = number_out(price)
    if quantity is not None:
        kept["Qty"] = number_out(quantity)
    return kept | _tax_code(write, detail)


def _tax_code(write: Write, detail: Doc) -> Doc:
    """The code of the line; in the United States a line without one is not taxed."""
    given = reference_id(detail.get("TaxCodeRef"))
    if given is not None and write.company.row("TaxCode", given) is None:
        raise errors.invalid_reference("TaxCodes", given)
    if given is None and not write.company.has_tax_codes:
        given = "NON"
    return {"TaxCodeRef": {"value": given}} if given else {}

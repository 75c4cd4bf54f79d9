"""The PDF of a sales form or payment: one page that shows what the form holds."""

from __future__ import annotations

from decimal import Decimal

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from qbo_emulator.core.address import address_lines
from qbo_emulator.core.field_values import reference_id, stored
from qbo_emulator.core.rows import Row
from qbo_emulator.core.store import Company
from qbo_emulator.json_codec import Doc

GREY = (96, 96, 96)
TITLES = {
    "Invoice": "INVOICE",
    "CreditMemo": "CREDIT MEMO",
    "Payment": "PAYMENT RECEIPT",
    "Estimate": "ESTIMATE",
    "SalesReceipt": "SALES RECEIPT",
    "RefundReceipt": "REFUND RECEIPT",
    "PurchaseOrder": "PURCHASE ORDER",
}


def _latin(text: object) -> str:
    """The built-in fonts know Latin-1 only; other characters show as a question mark."""
    return (
        str(text).replace("\u2013", "-").replace("\u2019", "'").encode("latin-1", "replace").decode("latin-1")
    )


def _money(value: object, currency: str) -> str:
    return f"{currency} {stored(value):,.2f}"


class _Page(FPDF):
    """A letter-size page with the few ways of writing the form needs."""

    def __init__(self, company: Company) -> None:
        super().__init__(format="Letter", unit="mm")
        self.company = company
        self.set_title(_latin(company.name))
        self.set_auto_page_break(True, margin=20)
        self.set_margins(18, 18, 18)
        self.add_page()

    def line_of(self, text: object, *, size: float = 10, bold: bool = False, grey: bool = False) -> None:
        self.set_font("Helvetica", "B" if bold else "", size)
        self.set_text_color(*(GREY if grey else (0, 0, 0)))
        self.multi_cell(0, size * 0.5, _latin(text), new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def pair(self, label: str, value: object, *, bold: bool = False) -> None:
        self.set_font("Helvetica", "B" if bold else "", 11 if bold else 10)
        self.set_text_color(0, 0, 0)
        self.cell(130, 6, _latin(label), align="R")
        self.cell(0, 6, _latin(value), align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def form_pdf(company: Company, row: Row) -> bytes:
    """The bytes of the PDF for an invoice, credit memo or payment."""
    page = _Page(company)
    info = company.table("CompanyInfo").rows["1"].data
    page.line_of(company.name, size=16, bold=True)
    for line in (*address_lines(info.get("CompanyAddr")), info.get("Email", {}).get("Address", "")):
        page.line_of(line, size=9, grey=True)
    page.ln(6)
    data = row.data
    page.line_of(f"{TITLES[row.kind]} {data.get('DocNumber', '')}".strip(), size=14, bold=True)
    if stored(data.get("TotalAmt")) == 0 and str(data.get("PrivateNote", "")).startswith("Voided"):
        page.line_of("VOID", size=12, bold=True)
    page.line_of(f"Date {data['TxnDate']}")
    for label, name in (("Due", "DueDate"), ("Reference", "PaymentRefNum")):
        if data.get(name):
            page.line_of(f"{label} {data[name]}")
    if data.get("SalesTermRef"):
        page.line_of(f"Terms {data['SalesTermRef'].get('name', '')}")
    page.ln(3)
    is_order = row.kind == "PurchaseOrder"
    party = data.get("VendorRef" if is_order else "CustomerRef") or {}
    page.line_of("Vendor" if is_order else "Bill to", size=9, grey=True)
    for line in (party.get("name", ""), *address_lines(data.get("VendorAddr" if is_order else "BillAddr"))):
        page.line_of(line)
    page.ln(5)
    currency = str((data.get("CurrencyRef") or {}).get("value") or company.profile.currency)
    _lines(page, data, currency)
    _sums(page, data, currency, company.profile.tax_word)
    if data.get("CustomerMemo"):
        page.ln(6)
        page.line_of(data["CustomerMemo"]["value"])
    return bytes(page.output())


def _lines(page: _Page, data: Doc, currency: str) -> None:
    page.set_font("Helvetica", "", 9)
    page.set_text_color(0, 0, 0)
    with page.table(col_widths=(46, 70, 16, 24, 24), text_align=("L", "L", "R", "R", "R")) as table:
        table.row(
            [
                _latin(text)
                for text in ("Product or service", "Description", "Qty", "Rate", f"Amount {currency}")
            ]
        )
        for line in _unfolded(data.get("Line", [])):
            kind = line.get("DetailType")
            detail = line.get(str(kind), {})
            if kind == "SubTotalLineDetail":
                continue
            name = (detail.get("ItemRef") or detail.get("AccountRef") or {}).get("name", "")
            if kind == "DiscountLineDetail":
                name = "Discount"
            elif reference_id(detail.get("ItemRef")) == "SHIPPING_ITEM_ID":
                name = "Shipping"
            elif kind == "GroupLineDetail":
                name = (detail.get("GroupItemRef") or {}).get("name", "")
            if kind is None:
                name = ", ".join(f"{link['TxnType']} {link['TxnId']}" for link in line.get("LinkedTxn", []))
            sign = Decimal(-1) if kind == "DiscountLineDetail" else Decimal(1)
            shown = "Amount" in line and kind != "GroupLineDetail"
            amount = f"{sign * stored(line['Amount']):,.2f}" if shown else ""
            table.row(
                [
                    _latin(name),
                    _latin(line.get("Description", "")),
                    str(detail.get("Qty", "")),
                    f"{detail['UnitPrice']}" if "UnitPrice" in detail else "",
                    amount,
                ]
            )


def _unfolded(lines: list[Doc]) -> list[Doc]:
    """The lines with those of a bundle below it."""
    return [part for line in lines for part in (line, *line.get("GroupLineDetail", {}).get("Line", []))]


def _sums(page: _Page, data: Doc, currency: str, tax_word: str) -> None:
    page.ln(3)
    for line in data.get("TxnTaxDetail", {}).get("TaxLine", []):
        detail = line["TaxLineDetail"]
        base = _money(detail["NetAmountTaxable"], currency)
        page.pair(f"{tax_word} {detail['TaxPercent']}% of {base}", _money(line["Amount"], currency))
    page.pair("Total", _money(data.get("TotalAmt"), currency), bold=True)
    if data.get("Deposit"):
        page.pair("Deposit", _money(-stored(data["Deposit"]), currency))
    if "Balance" in data and data["Balance"] != data.get("TotalAmt"):
        page.pair("Balance due", _money(data["Balance"], currency), bold=True)

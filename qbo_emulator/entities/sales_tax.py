"""Tax on sales forms: United States sales tax on the whole form, tax codes on the lines elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from qbo_emulator.core.field_values import amount_out, cents, number_in, number_out, reference_id, stored
from qbo_emulator.core.rows import Row
from qbo_emulator.core.schema import Write
from qbo_emulator.core.split_names import words
from qbo_emulator.core.store import Company
from qbo_emulator.entities.sales_lines import EXCLUDED, INCLUSIVE, Lines, calculation_of
from qbo_emulator.entities.tax_places import taxed_place
from qbo_emulator.faults import errors, sales
from qbo_emulator.json_codec import Doc

MOST_TAXED_LINES = 750
# What a sparse update must send for the tax of the form to be worked out anew.
_BEARS_ON_TAX = frozenset(
    words(
        "Line TxnTaxDetail CustomerRef BillAddr ShipAddr TxnDate GlobalTaxCalculation ApplyTaxAfterDiscount"
    )
)
# A tax line that is sent outside the United States stands between half and twice of what its rate gives, or within one.
MOST_FACTOR, ALWAYS_ALLOWED = 2, Decimal(1)


@dataclass(frozen=True)
class Rate:
    """One rate of a tax code."""

    qbo_id: str
    percent: Decimal


@dataclass
class _Share:
    """What one rate taxes, and with how much."""

    rate: Rate
    base: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)


def rates_of(company: Company, code_id: str, day: date) -> list[Rate]:
    """The sales rates behind a tax code as they are on a day."""
    code = company.row("TaxCode", code_id)
    listed = (code.data.get("SalesTaxRateList") or {}).get("TaxRateDetail") or [] if code else []
    found = []
    for detail in listed:
        row = company.row("TaxRate", str(reference_id(detail.get("TaxRateRef"))))
        if row is not None:
            found.append(Rate(row.qbo_id, _percent(row.data, day)))
    return found


def _percent(rate: Doc, day: date) -> Decimal:
    """The percentage in force on a day: the newest EffectiveTaxRate that has begun, else RateValue."""
    begun = [
        entry
        for entry in rate.get("EffectiveTaxRate") or []
        if str(entry["EffectiveDate"])[:10] <= day.isoformat()
    ]
    newest = max(begun, key=lambda entry: str(entry["EffectiveDate"]), default=None)
    return stored((newest or rate).get("RateValue"))


def form_tax(
    write: Write, customer: Row | None, lines: Lines, ship: Doc | None, day: date
) -> tuple[Decimal, Doc]:
    """Tax and TxnTaxDetail of a form that is delivered to `ship`."""
    company = write.company
    if len(lines.stored) - 1 > MOST_TAXED_LINES and (lines.taxable or lines.parts):
        raise sales.too_many_lines(MOST_TAXED_LINES)
    if not company.uses_sales_tax:
        return Decimal(0), {"TotalTax": 0}
    if _keeps_tax(write):
        kept: Doc = write.merged["TxnTaxDetail"]
        return stored(kept.get("TotalTax")), kept
    if company.has_tax_codes:
        return _code_tax(write, lines, day)
    given = reference_id((write.merged.get("TxnTaxDetail") or {}).get("TxnTaxCodeRef"))
    if given == "CustomSalesTax":
        raise sales.custom_sales_tax()
    if customer is not None and not customer.data.get("Taxable", True):
        return Decimal(0), {"TotalTax": 0}
    if company.preferences["TaxPrefs"].get("PartnerTaxEnabled"):
        shares, head = _automated(write, lines, ship, day)
    else:
        shares, head = _manual(write, lines, given, day)
    if not shares:
        return Decimal(0), {"TotalTax": 0}
    _override(write, shares)
    return _detail(shares, head=head)


def _keeps_tax(write: Write) -> bool:
    """Whether a sparse update leaves alone all that tax depends on: then a tax that was set by hand stays."""
    return (
        write.sparse
        and write.before is not None
        and not _BEARS_ON_TAX & set(write.sent)
        and bool(write.before.data.get("TxnTaxDetail"))
    )


def _taxed_base(write: Write, lines: Lines) -> Decimal:
    """The taxable lines, after their part of the discount where the form says so."""
    if write.merged.get("ApplyTaxAfterDiscount") and lines.subtotal:
        return lines.rounded(lines.taxable - lines.discount * lines.taxable / lines.subtotal)
    return lines.taxable


def _automated(write: Write, lines: Lines, ship: Doc | None, day: date) -> tuple[list[_Share], Doc]:
    """Automated sales tax: the engine chooses the code by where the form is delivered."""
    company = write.company
    place = taxed_place(company, ship) if lines.taxable else None
    if place is None:
        return [], {}
    code = next((row.qbo_id for row in company.table("TaxCode").find("Name", place.code)), "")
    return _on_base(write, code, lines, day)


def _manual(write: Write, lines: Lines, code: str | None, day: date) -> tuple[list[_Share], Doc]:
    """Manual sales tax: the code of the form; without one no tax, though lines say TAX."""
    if code is None:
        return [], {}
    if write.company.row("TaxCode", code) is None or code in {"TAX", "NON"}:
        raise errors.invalid_reference("TaxCodes", code)
    return _on_base(write, code, lines, day)


def _on_base(write: Write, code: str, lines: Lines, day: date) -> tuple[list[_Share], Doc]:
    base, rates = _taxed_base(write, lines), rates_of(write.company, code, day)
    shares = [_Share(rate, base, lines.rounded(base * rate.percent / 100)) for rate in rates]
    return shares, {"TxnTaxCodeRef": {"value": code}}


def _override(write: Write, shares: list[_Share]) -> None:
    """A TotalTax that is sent stands, spread over the rates in the proportion of what they give."""
    sent = write.sent.get("TxnTaxDetail")
    total = number_in("TotalTax", sent.get("TotalTax")) if isinstance(sent, dict) else None
    computed = sum((share.tax for share in shares), Decimal(0))
    if total is None or not computed:
        return
    if total < 0:
        raise errors.business("The tax of a transaction cannot be negative.")
    left = cents(total)
    for share in shares[:-1]:
        share.tax = cents(total * share.tax / computed)
        left -= share.tax
    shares[-1].tax = left


def _detail(shares: Iterable[_Share], *, head: Doc) -> tuple[Decimal, Doc]:
    listed = list(shares)
    tax = sum((share.tax for share in listed), Decimal(0))
    tax_lines = [
        {
            "Amount": amount_out(share.tax),
            "DetailType": "TaxLineDetail",
            "TaxLineDetail": {
                "TaxRateRef": {"value": share.rate.qbo_id},
                "PercentBased": True,
                "TaxPercent": number_out(share.rate.percent),
                "NetAmountTaxable": amount_out(share.base),
            },
        }
        for share in listed
    ]
    return tax, {**head, "TotalTax": amount_out(tax), **({"TaxLine": tax_lines} if tax_lines else {})}


def _code_tax(write: Write, lines: Lines, day: date) -> tuple[Decimal, Doc]:
    """Tax by the codes of the lines, after the discount, rounded once for each rate."""
    calculation = calculation_of(write)
    if calculation not in {EXCLUDED, INCLUSIVE}:
        return Decimal(0), {"TotalTax": 0}
    shares: dict[str, _Share] = {}
    net_after = gross_after = Decimal(0)
    for code, net, gross in _by_code(lines):
        rates = rates_of(write.company, code, day)
        net_after += net
        gross_after += gross
        for rate in rates:
            shares.setdefault(rate.qbo_id, _Share(rate)).base += net
    for share in shares.values():
        share.tax = lines.rounded(share.base * share.rate.percent / 100)
    if calculation == INCLUSIVE and shares:
        # What was agreed is the amount with tax, so the tax is what is left of it.
        largest = max(shares.values(), key=lambda share: share.tax)
        largest.tax += lines.rounded(gross_after) - net_after - sum(share.tax for share in shares.values())
    _as_sent(write, shares)
    return _detail(shares.values(), head={})


def _by_code(lines: Lines) -> list[tuple[str, Decimal, Decimal]]:
    """Net and gross sums by tax code, each less its part of the discount."""
    nets: dict[str, Decimal] = {}
    grosses: dict[str, Decimal] = {}
    for part in lines.parts:
        nets[part.code] = nets.get(part.code, Decimal(0)) + part.net
        grosses[part.code] = grosses.get(part.code, Decimal(0)) + part.gross
    left, found = lines.discount, []
    for place, (code, net) in enumerate(nets.items()):
        ratio = lines.discount / lines.subtotal if lines.subtotal else Decimal(0)
        share = left if place == len(nets) - 1 else lines.rounded(net * ratio)
        left -= share
        found.append((code, net - share, grosses[code] * (1 - ratio)))
    return found


def _as_sent(write: Write, shares: dict[str, _Share]) -> None:
    """Tax lines that are sent stand as they are: whoever sends stale ones keeps stale tax."""
    sent = write.sent.get("TxnTaxDetail")
    if not isinstance(sent, dict):
        return
    for line in sent.get("TaxLine") or []:
        detail = line.get("TaxLineDetail") or {}
        share = shares.get(str(reference_id(detail.get("TaxRateRef"))))
        if share is not None and line.get("Amount") is not None:
            given = cents(stored(line["Amount"]))
            low, high = sorted((share.tax / MOST_FACTOR, share.tax * MOST_FACTOR))
            if not low - ALWAYS_ALLOWED <= given <= high + ALWAYS_ALLOWED:
                raise sales.tax_out_of_bounds(given, share.tax)
            share.tax = given

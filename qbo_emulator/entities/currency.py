"""Rules of money: currencies a company uses, the currency and rate of a form."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from qbo_emulator.core.clock import pacific
from qbo_emulator.core.currencies import NAMES
from qbo_emulator.core.field_values import date_in, home_currency, number_in, number_out, reference_id
from qbo_emulator.core.rows import Row
from qbo_emulator.core.schema import EntityType, Family, Write
from qbo_emulator.core.split_names import words
from qbo_emulator.core.store import Company
from qbo_emulator.faults import errors
from qbo_emulator.faults.sales import not_in_edition, rate_missing, several_currencies, unsupported_currency
from qbo_emulator.json_codec import Doc

_META = "domain sparse Id SyncToken MetaData"


def reference_to(company: Company, code: str) -> Doc:
    """A reference to a currency with its name."""
    if code == company.profile.currency:
        return home_currency(company)
    return {"value": code, "name": NAMES.get(code, code)}


def party_currency(write: Write) -> Doc:
    """The currency of a customer or vendor: chosen once, home when none is named (2220 for a wrong one)."""
    company = write.company
    if write.before is not None and write.before.data.get("CurrencyRef"):
        return dict(write.before.data["CurrencyRef"])
    code = str(reference_id(write.sent.get("CurrencyRef")) or company.profile.currency).upper()
    if code != company.profile.currency and company.profile.is_simple:
        raise not_in_edition("CurrencyRef")
    if code != company.profile.currency and (not company.is_multicurrency or code not in NAMES):
        raise unsupported_currency(code)
    return reference_to(company, code)


def activate(company: Company, code: str, now: datetime) -> None:
    """A currency that is used for the first time joins the company's list."""
    if code == company.profile.currency or company.table("CompanyCurrency").find("Code", code):
        return
    stamp = pacific(now)
    data = {
        "Code": code,
        "Name": NAMES.get(code, code),
        "Active": True,
        "domain": "QBO",
        "sparse": False,
        "Id": company.next_id("CompanyCurrency"),
        "SyncToken": "0",
        "MetaData": {"CreateTime": stamp, "LastUpdatedTime": stamp},
    }
    company.emit(company.put("CompanyCurrency", data, now), "Create", now)


def form_money(write: Write, party: Row | None, *, needs_rate: bool = False) -> Doc:
    """CurrencyRef and, where the company keeps several currencies, ExchangeRate of a form.

    The currency must be that of the customer or vendor. A foreign form without a rate is taken at 1 or refused (2410):
    sales forms as the switch has it, purchases always refused (`needs_rate`), as both were seen.
    """
    company, home = write.company, write.company.profile.currency
    given = reference_id(write.merged.get("CurrencyRef"))
    if not company.is_multicurrency:
        if given is not None and given != home and company.profile.is_simple:
            raise not_in_edition("CurrencyRef")
        if given is not None and given != home:
            raise unsupported_currency(given)
        return {"CurrencyRef": home_currency(company)}
    own = reference_id(party.data.get("CurrencyRef")) if party is not None else home
    if (given or home) != (own or home):
        raise several_currencies()
    if own in (None, home):
        return {"CurrencyRef": home_currency(company), "ExchangeRate": 1}
    rate = number_in("ExchangeRate", write.kept("ExchangeRate", None))
    if rate is None and not needs_rate and company.switches.missing_exchange_rate == "one":
        rate = Decimal(1)
    if rate is None or rate <= 0:
        raise rate_missing()
    return {"CurrencyRef": reference_to(company, str(own)), "ExchangeRate": number_out(rate)}


def company_currency(write: Write) -> Doc:
    """A currency of the company's list; known codes only, and only where several are kept."""
    if not write.company.is_multicurrency and not write.via_ui:
        raise errors.business("Multicurrency is turned off in the company settings.")
    code = str(write.kept("Code", "")).upper()
    if len(code) != 3:
        raise errors.wrong_length("Code", 3, len(code), minimum=3)
    if code not in NAMES or code == write.company.profile.currency:
        raise unsupported_currency(code)
    for other in write.company.table("CompanyCurrency").find("Code", code):
        if write.before is None or other.qbo_id != write.before.qbo_id:
            raise errors.duplicate_name(None)
    return {"Code": code, "Name": NAMES[code], "Active": bool(write.kept("Active", True))}


def exchange_rate(write: Write) -> Doc:
    """A rate of one day."""
    code = str(write.kept("SourceCurrencyCode", "")).upper()
    target = str(write.kept("TargetCurrencyCode", write.company.profile.currency)).upper()
    if (
        not write.company.table("CompanyCurrency").find("Code", code)
        or target != write.company.profile.currency
    ):
        raise unsupported_currency(code)
    rate = number_in("Rate", write.kept("Rate", None))
    if rate is None:
        raise errors.required("Rate")
    if rate <= Decimal(0):
        raise errors.invalid_number("Rate", rate)
    day = date_in("AsOfDate", write.kept("AsOfDate", None)) or write.today
    return {
        "SourceCurrencyCode": code,
        "TargetCurrencyCode": target,
        "Rate": number_out(rate),
        "AsOfDate": day.isoformat(),
    }


_MOMENTS = {"MetaData.CreateTime": "moment", "MetaData.LastUpdatedTime": "moment"}

CURRENCY_KINDS = (
    EntityType(
        name="CompanyCurrency",
        family=Family.LIST,
        order=words(f"Code Name Active {_META}"),
        known=("CustomField",),
        prepare=company_currency,
        required=("Code",),
        queryable={"Id": "id", "Name": "text", "Active": "bool", "Code": "text", **_MOMENTS},
        indexed=("Code",),
        label="Code",
    ),
    EntityType(
        name="ExchangeRate",
        family=Family.LIST,
        order=words(f"SourceCurrencyCode TargetCurrencyCode Rate AsOfDate {_META}"),
        known=("CustomField",),
        prepare=exchange_rate,
        queryable={"SourceCurrencyCode": "text", "AsOfDate": "date", "MetaData.LastUpdatedTime": "moment"},
        indexed=("SourceCurrencyCode",),
        label="AsOfDate",
        in_cdc=False,
        hidden=("Id", "SyncToken"),
    ),
)

"""Exchange rates: home units for one foreign unit, as of a day."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from qbo_emulator.core.field_values import date_in, stored
from qbo_emulator.core.rows import Row
from qbo_emulator.core.store import Company
from qbo_emulator.entities import ENTITY_TYPES
from qbo_emulator.faults import errors
from qbo_emulator.faults.sales import unsupported_currency
from qbo_emulator.json_codec import Doc
from qbo_emulator.operations import engine


def row_as_of(company: Company, code: str, day: date) -> Row | None:
    """The newest rate of a currency that is not after `day`, or its oldest one."""
    rows = sorted(
        company.table("ExchangeRate").find("SourceCurrencyCode", code),
        key=lambda row: str(row.data["AsOfDate"]),
    )
    fitting = [row for row in rows if str(row.data["AsOfDate"]) <= day.isoformat()]
    if fitting:
        return fitting[-1]
    return rows[0] if rows else None


def rate_as_of(company: Company, code: str, day: date) -> Decimal | None:
    """How many home units one unit of the currency is; None when no rate is known."""
    if code == company.profile.currency:
        return Decimal(1)
    row = row_as_of(company, code, day)
    return stored(row.data["Rate"]) if row is not None else None


def answer(company: Company, code: str | None, as_of: str | None, today: date) -> Doc:
    """The ExchangeRate object of a currency on a day, today when none is named."""
    if not company.is_multicurrency:
        raise errors.business("Multicurrency is turned off in the company settings.")
    if not code:
        raise errors.required("sourcecurrencycode")
    wanted, day = code.upper(), date_in("asofdate", as_of) or today
    row = row_as_of(company, wanted, day)
    if row is None:
        raise unsupported_currency(wanted)
    shown = {name: value for name, value in row.data.items() if name not in {"Id", "SyncToken"}}
    return {**shown, "AsOfDate": day.isoformat()}


def save(company: Company, body: Doc, now: datetime) -> Row:
    """Set the rate of a currency on a day; the same day again replaces it."""
    if not company.is_multicurrency:
        raise errors.business("Multicurrency is turned off in the company settings.")
    code = str(body.get("SourceCurrencyCode") or "").upper()
    day = (date_in("AsOfDate", body.get("AsOfDate")) or company.today(now)).isoformat()
    found = next(
        (
            row
            for row in company.table("ExchangeRate").find("SourceCurrencyCode", code)
            if row.data["AsOfDate"] == day
        ),
        None,
    )
    given = {**body, "AsOfDate": day}
    given.pop("Id", None)
    if found is not None:
        given |= {"Id": found.qbo_id, "sparse": True}
    return engine.save(company, ENTITY_TYPES["ExchangeRate"], given, now, engine.PAGE)

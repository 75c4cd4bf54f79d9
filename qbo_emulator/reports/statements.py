"""Profit and loss, in sum and in detail, and the balance sheet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from qbo_emulator.core.store import Company
from qbo_emulator.json_codec import Doc
from qbo_emulator.reports.layout import (
    Period,
    columns,
    data_row,
    money,
    report,
    result,
    section,
    split,
)
from qbo_emulator.reports.postings import Posting, postings

# section title, group, account types, and whether a credit counts as an amount above zero
INCOME = ("Income", "Income", ("Income",), True)
COST = ("Cost of Goods Sold", "COGS", ("Cost of Goods Sold",), False)
EXPENSES = ("Expenses", "Expenses", ("Expense",), False)
OTHER_INCOME = ("Other Income", "OtherIncome", ("Other Income",), True)
OTHER_EXPENSES = ("Other Expenses", "OtherExpenses", ("Other Expense",), False)
RESULT_SECTIONS = (INCOME, COST, EXPENSES, OTHER_INCOME, OTHER_EXPENSES)
ASSETS = (
    ("Bank Accounts", "BankAccounts", ("Bank",), False),
    ("Accounts Receivable", "AR", ("Accounts Receivable",), False),
    ("Other Current Assets", "OtherCurrentAssets", ("Other Current Asset",), False),
    ("Fixed Assets", "FixedAssets", ("Fixed Asset",), False),
    ("Other Assets", "OtherAssets", ("Other Asset",), False),
)
LIABILITIES = (
    ("Accounts Payable", "AP", ("Accounts Payable",), True),
    ("Credit Cards", "CreditCards", ("Credit Card",), True),
    ("Other Current Liabilities", "OtherCurrentLiabilities", ("Other Current Liability",), True),
    ("Long-Term Liabilities", "LongTermLiabilities", ("Long Term Liability",), True),
)
Shown = tuple[str, str, tuple[str, ...], bool]
Totals = list[Decimal]


class Ledger:
    """The postings of a company by account and column."""

    def __init__(self, company: Company, periods: Sequence[Period], *, from_the_start: bool) -> None:
        self.company, self.periods = company, periods
        self.accounts = {row.qbo_id: row.data for row in company.table("Account").by_id()}
        self.sums: dict[str, Totals] = {}
        self.listed: dict[str, list[Posting]] = {}
        until = max(period.end for period in periods).isoformat()
        for posting in postings(company, until=until):
            for place, period in enumerate(periods):
                begun = from_the_start or posting.day >= period.start.isoformat()
                if begun and posting.day <= period.end.isoformat():
                    amounts = self.sums.setdefault(posting.account, [Decimal(0)] * len(periods))
                    amounts[place] += posting.amount
                    self.listed.setdefault(posting.account, []).append(posting)

    def section(self, shown: Shown, *, dated: bool) -> tuple[Doc | None, Totals]:
        """A section of accounts, None when nothing was posted to any of them; what it comes to by column."""
        title, group, types, is_credit = shown
        sign = -1 if is_credit else 1
        totals = [Decimal(0)] * len(self.periods)
        rows = []
        for qbo_id, amounts in sorted(self.sums.items(), key=lambda entry: self._name(entry[0])):
            if self.accounts.get(qbo_id, {}).get("AccountType") not in types:
                continue
            own = [sign * amount for amount in amounts]
            totals = [total + amount for total, amount in zip(totals, own, strict=True)]
            rows.append(data_row(self._name(qbo_id), with_sum(own, dated=dated), qbo_id))
        return (section(title, group, rows, with_sum(totals, dated=dated)) if rows else None), totals

    def _name(self, qbo_id: str) -> str:
        return str(self.accounts.get(qbo_id, {}).get("FullyQualifiedName") or "")

    def net_income(self) -> Totals:
        """Income less cost and expenses, by column."""
        types = {name for shown in RESULT_SECTIONS for name in shown[2]}
        totals = [Decimal(0)] * len(self.periods)
        for qbo_id, amounts in self.sums.items():
            if self.accounts.get(qbo_id, {}).get("AccountType") in types:
                totals = [total - amount for total, amount in zip(totals, amounts, strict=True)]
        return totals


def with_sum(amounts: Totals, *, dated: bool) -> Totals:
    """The amounts of the columns, and of all of them where there are several."""
    return [*amounts, sum(amounts, Decimal(0))] if dated else amounts


def profit_and_loss(company: Company, whole: Period, by: str, basis: str, now: datetime) -> Doc:
    """ProfitAndLoss over a period, in one column or by days or months."""
    periods = split(whole, by)
    dated = by != "Total"
    ledger = Ledger(company, periods, from_the_start=False)
    found = {shown[1]: ledger.section(shown, dated=dated) for shown in RESULT_SECTIONS}

    def sums(*groups: tuple[str, int]) -> Totals:
        parts = [(found[group][1], sign) for group, sign in groups]
        by_column = [
            sum((sign * amounts[place] for amounts, sign in parts), Decimal(0))
            for place in range(len(periods))
        ]
        return with_sum(by_column, dated=dated)

    income = (("Income", 1), ("COGS", -1))
    net = (*income, ("Expenses", -1))
    rows = [
        found["Income"][0] or section("Income", "Income", [], sums(("Income", 1))),
        found["COGS"][0],
        result("Gross Profit", "GrossProfit", sums(*income)),
        found["Expenses"][0] or section("Expenses", "Expenses", [], sums(("Expenses", 1))),
        result("Net Operating Income", "NetOperatingIncome", sums(*net)),
        found["OtherIncome"][0],
        found["OtherExpenses"][0],
        result("Net Income", "NetIncome", sums(*net, ("OtherIncome", 1), ("OtherExpenses", -1))),
    ]
    body: Doc = {
        "Columns": columns("", "Account", periods, dated=dated),
        "Rows": {"Row": [row for row in rows if row is not None]},
    }
    return report(company, "ProfitAndLoss", whole, now, body=body, summarized=by, basis=basis)


def profit_and_loss_detail(company: Company, whole: Period, basis: str, now: datetime) -> Doc:
    """ProfitAndLossDetail: every posting to income and expense, account by account, with a running balance."""
    ledger = Ledger(company, [whole], from_the_start=False)
    titles = ("Date", "Transaction Type", "Num", "Name", "Memo/Description", "Amount", "Balance")
    kinds = ("Date", "String", "String", "String", "String", "Money", "Money")
    listed = [
        {"ColTitle": title, "ColType": kind, "MetaData": [{"Name": "ColKey", "Value": title.lower()}]}
        for title, kind in zip(titles, kinds, strict=True)
    ]
    rows = []
    for shown in RESULT_SECTIONS:
        inner = [
            _account_detail(ledger, qbo_id, -1 if shown[3] else 1)
            for qbo_id in sorted(ledger.listed, key=ledger._name)
            if ledger.accounts.get(qbo_id, {}).get("AccountType") in shown[2]
        ]
        if inner:
            rows.append(
                {
                    "Header": {"ColData": [{"value": shown[0]}]},
                    "Rows": {"Row": inner},
                    "type": "Section",
                    "group": shown[1],
                }
            )
    body: Doc = {"Columns": {"Column": listed}, "Rows": {"Row": rows} if rows else {}}
    return report(company, "ProfitAndLossDetail", whole, now, body=body, summarized="Total", basis=basis)


def _account_detail(ledger: Ledger, qbo_id: str, sign: int) -> Doc:
    balance, rows = Decimal(0), []
    for posting in sorted(ledger.listed[qbo_id], key=lambda one: one.day):
        data, amount = posting.row.data, sign * posting.amount
        balance += amount
        party = data.get("CustomerRef") or data.get("VendorRef") or data.get("EntityRef") or {}
        rows.append(
            {
                "ColData": [
                    {"value": posting.day},
                    {"value": posting.row.kind, "id": posting.row.qbo_id},
                    {"value": str(data.get("DocNumber") or "")},
                    {"value": str(party.get("name") or ""), "id": str(party.get("value") or "")},
                    {"value": str(data.get("PrivateNote") or "")},
                    {"value": money(amount)},
                    {"value": money(balance)},
                ],
                "type": "Data",
            }
        )
    name = ledger._name(qbo_id)
    empty = [{"value": ""} for _ in range(4)]
    total = [{"value": f"Total for {name}"}, *empty, {"value": money(balance)}, {"value": ""}]
    return {
        "Header": {"ColData": [{"value": name, "id": qbo_id}, *empty, {"value": ""}, {"value": ""}]},
        "Rows": {"Row": rows},
        "Summary": {"ColData": total},
        "type": "Section",
    }


def balance_sheet(company: Company, whole: Period, basis: str, now: datetime) -> Doc:
    """BalanceSheet as of the last day of a period."""
    ledger = Ledger(company, [whole], from_the_start=True)

    def gathered(title: str, group: str, shown: tuple[Shown, ...]) -> tuple[Doc, Decimal]:
        parts = [ledger.section(part, dated=False) for part in shown]
        total = sum((amounts[0] for _, amounts in parts), Decimal(0))
        return section(title, group, [part for part, _ in parts if part is not None], [total]), total

    assets, _ = gathered("ASSETS", "TotalAssets", ASSETS)
    liabilities, owed = gathered("Liabilities", "Liabilities", LIABILITIES)
    kept, own = ledger.section(("Equity", "Equity", ("Equity",), True), dated=False)
    profit = ledger.net_income()[0]
    rows = [*(kept["Rows"]["Row"] if kept else []), data_row("Net Income", [profit])]
    equity = section("Equity", "Equity", rows, [own[0] + profit])
    both = section(
        "LIABILITIES AND EQUITY", "TotalLiabilitiesAndEquity", [liabilities, equity], [owed + own[0] + profit]
    )
    body: Doc = {
        "Columns": columns("", "Account", [whole], dated=False),
        "Rows": {"Row": [assets, both]},
    }
    return report(company, "BalanceSheet", whole, now, body=body, summarized="Total", basis=basis)

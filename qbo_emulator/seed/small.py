"""Many small companies that cost next to nothing until something is written in them."""

from __future__ import annotations

from datetime import datetime

from qbo_emulator.core.store import Company
from qbo_emulator.seed.build import REALM_BASE, open_company
from qbo_emulator.seed.rows import place

FIRST_ORDINAL = 1000
TEMPLATES = 8
WORDS = ("Cedar", "Harbor", "Juniper", "Lantern", "Meadow", "Orchard", "Quarry", "Summit", "Tanner", "Willow")
TRADES = ("Bakery", "Clinic", "Design", "Freight", "Garden", "Law", "Media", "Repair", "Studio", "Tools")


def realm_of(number: int) -> str:
    return str(REALM_BASE + 17 * (FIRST_ORDINAL + number))


def name_of(number: int) -> str:
    word, trade = WORDS[number % len(WORDS)], TRADES[number // len(WORDS) % len(TRADES)]
    return f"{word} {trade} {number + 1}"


class SmallCompanies:
    """Opens a small company as a copy of one of a few templates, sharing every row not yet written."""

    def __init__(self, count: int, invoices: int, now: datetime, *, rows_as_of: int | None = None) -> None:
        self.count = count
        self.invoices = invoices
        self.now = now
        self.rows_as_of = rows_as_of
        self._templates: dict[int, Company] = {}

    def names(self) -> dict[str, str]:
        return {realm_of(number): name_of(number) for number in range(self.count)}

    def open(self, realm_id: str) -> Company:
        """The company of a realm id that `names` has."""
        number = (int(realm_id) - REALM_BASE) // 17 - FIRST_ORDINAL
        variant = number % TEMPLATES
        template = self._templates.get(variant)
        if template is None:
            template = open_company(
                "small", variant, self.now, invoices=self.invoices, rows_as_of=self.rows_as_of
            )
            template.pack()
            self._templates[variant] = template
        company = template.twin(realm_id)
        info = company.table("CompanyInfo").rows["1"]
        name = name_of(number)
        started = datetime.fromisoformat(info.data["MetaData"]["CreateTime"])
        place(
            company,
            "CompanyInfo",
            "1",
            {**info.data, "CompanyName": name, "LegalName": f"{name} LLC"},
            started,
        )
        return company

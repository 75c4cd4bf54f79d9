"""Organizations and people that Bluestem Supply sells to."""

from __future__ import annotations

from pipedrive_emulator.core import rows
from pipedrive_emulator.core.store import Row, Store
from pipedrive_emulator.core.values import address
from pipedrive_emulator.seed.company import DANA, LIN, RAVI, THEN
from pipedrive_emulator.seed.fields import own_code


def _place(text: str) -> Row:
    number, route, unit, city, county, state, postal, country = (part.strip() for part in text.split("|"))
    value = ", ".join(
        part for part in (f"{number} {route}".strip(), city, f"{state} {postal}".strip(), country) if part
    )
    return address(
        {
            "value": value,
            "street_number": number,
            "route": route,
            "subpremise": unit,
            "locality": city,
            "admin_area_level_1": state,
            "admin_area_level_2": county,
            "country": country,
            "postal_code": postal,
        }
    )


_ORGANIZATIONS = (
    ("Harbor & Pine Builders", RAVI, "418 | Cedar Street | Suite 200 | Madison | Dane County | Wisconsin | 53703 | United States", "39-1234567", ""),
    ("Northwind Orchard Co-op", RAVI, "77 | Orchard Lane | | Traverse City | | Michigan | 49684 | United States", "38-7654321", ""),
    ("Atelier Lumen SARL", DANA, "12 | Rue des Tanneurs | | Lyon | Rhône | Auvergne-Rhône-Alpes | 69002 | France", "", "FR40303265045"),
    ("Maple Ridge School District", LIN, "900 | Ridge Road | Building C | Dubuque | Dubuque County | Iowa | 52001 | United States", "", ""),
    ("Quiet Fox Studio", RAVI, "", "", ""),
    ("Grünfeld Werkzeuge GmbH", DANA, "5 | Hafenweg | | Bremen | | Bremen | 28195 | Germany", "", "DE811907980"),
)  # fmt: skip
# Name, organization by its place in the list above, job, emails, phones.
_PEOPLE = (
    ("Marisol Vance", 1, "Office manager", ("marisol@harborpine.example", "billing@harborpine.example"), ("+1 608 555 0101",)),
    ("Theo Brandt", 1, "Site lead", ("theo@harborpine.example",), ()),
    ("Ingrid Solheim", 2, "Buyer", ("ingrid@northwind-orchard.example",), ("+1 231 555 0144", "+1 231 555 0145")),
    ("Camille Aubert", 3, "Gérante", ("camille@atelier-lumen.example",), ("+33 4 55 55 01 20",)),
    ("Priya Raman", 4, "Facilities", (), ("+1 563 555 0177",)),
    ("佐藤 美咲", 5, "Producer", ("misaki@quietfox.example",), ()),
    ("Lukas Grünfeld", 6, "Einkauf", ("einkauf@gruenfeld.example",), ("+49 421 555 0133",)),
    ("Odette Farrow", None, "Independent designer", ("odette@farrow-design.example",), ()),
)  # fmt: skip


def write(store: Store) -> None:
    """Write organizations and people into the store."""
    for name, owner, place, tax_id, vat in _ORGANIZATIONS:
        customs: Row = {
            own_code("organization", "Tax ID"): tax_id or None,
            own_code("organization", "VAT number"): vat or None,
        }
        data: Row = {"name": name, "address": _place(place) if place else None, "custom_fields": customs}
        store.put("organization", rows.organization(store, THEN, owner, data))
    organizations = sorted(store.table("organization"))
    for name, place_in_list, job, emails, phones in _PEOPLE:
        data = {
            "name": name,
            "org_id": organizations[place_in_list - 1] if place_in_list else None,
            "job_title": job,
            "emails": _contacts(emails),
            "phones": _contacts(phones),
        }
        store.put("person", rows.person(store, THEN, RAVI, data))
    first = store.table("organization")[organizations[0]]
    first["custom_fields"][own_code("organization", "Accounts payable email")] = "payables@harborpine.example"
    designer = max(store.table("person"))
    store.table("person")[designer]["custom_fields"][own_code("person", "Tax ID")] = "901-70-4321"


def _contacts(values: tuple[str, ...]) -> list[Row]:
    """The second of several is the primary one, so that nobody may simply take the first."""
    primary = min(1, len(values) - 1)
    return [
        {"value": value, "primary": place == primary, "label": "work" if place == 0 else "other"}
        for place, value in enumerate(values)
    ]

"""What the books of a country are made of, and customers drawn from it without end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from unicodedata import normalize

from qbo_emulator.json_codec import Doc

Table = tuple[tuple[str, ...], ...]


def table(text: str) -> Table:
    """One row a line, cells between bars."""
    return tuple(tuple(cell.strip() for cell in line.split("|")) for line in text.strip().splitlines())


@dataclass(frozen=True)
class Country:
    """Lists a company opens with; accounts stand in one order everywhere, as their ids are counted."""

    iso3: str
    street: tuple[str, str, str, str]  # line, city, subdivision, postal code of the company itself
    phone: str  # `#` becomes a digit
    industry: str
    accounts: Table  # name, classification, type, subtype; and an id where they are not counted
    items: Table  # name, type, number, price, cost, tax code or yes/no, income account, description
    bundle: tuple[str, Table]  # name, nothing for none; item, quantity
    terms: Table  # name, days; or name, day of month, days before it that move it a month
    methods: Table  # name, type
    agencies: tuple[str, ...]
    rates: Table  # name, percent, position of the agency
    codes: Table  # name, description, names of its rates
    words: tuple[str, ...]  # a firm is one of these,
    trades: tuple[str, ...]  # one of these,
    forms: tuple[str, ...]  # and a legal form
    given: tuple[str, ...]
    family: tuple[str, ...]
    roads: tuple[str, ...]
    towns: Table  # town, subdivision, postal code pattern: `#` a digit, `@` a letter
    vendors: tuple[str, ...]
    employees: Table
    memos: tuple[str, ...]
    tax_number: Callable[[Random], str] | None = None
    road_first: bool = False  # "Storgata 4" instead of "4 Main St"
    has_foreign_customers: bool = True
    customer_count: int = 64
    # Customers have the first ids of the names and all are active, as in the sample company.
    customers_first: bool = False
    # The ids that the first tax rate and the first tax code get.
    first_rate: int = 3
    first_code: int = 2
    stock_account: str = "5"
    cost_account: str = "12"
    discount_account: str = "11"
    foreign: Table = ()  # currency, country, town, postal code pattern, first rate


def _pattern(text: str, dice: Random) -> str:
    letters = "ABCDEFGHJKLNPRSTUWXY"
    return "".join(
        str(dice.randrange(10)) if char == "#" else dice.choice(letters) if char == "@" else char
        for char in text
    )


def plain(text: str) -> str:
    """Lower-case letters and digits only, for host names and the like."""
    bare = text.casefold().replace("ø", "o").replace("æ", "ae").replace("å", "a")
    return "".join(char for char in normalize("NFKD", bare) if char.isascii() and char.isalnum())


def firm_names(country: Country, dice: Random) -> Iterator[str]:
    """Names of firms, each once; numbered branches when the words are used up."""
    pairs = [(word, trade) for word in country.words for trade in country.trades]
    dice.shuffle(pairs)
    for word, trade in pairs:
        yield f"{word} {trade} {dice.choice(country.forms)}".strip()
    number = 2
    while True:
        for word, trade in pairs:
            yield f"{word} {trade} {number}"
        number += 1


def address(country: Country, dice: Random) -> Doc:
    """A street address of the country."""
    road, number = dice.choice(country.roads), dice.randrange(1, 240)
    town, subdivision, postal = dice.choice(country.towns)
    found = {
        "Line1": f"{road} {number}" if country.road_first else f"{number} {road}",
        "City": town,
        "Country": country.iso3,
        "CountrySubDivisionCode": subdivision,
        "PostalCode": _pattern(postal, dice),
    }
    return {name: value for name, value in found.items() if value}


def person(country: Country, dice: Random) -> tuple[str, str]:
    return dice.choice(country.given), dice.choice(country.family)


def customers(country: Country, dice: Random) -> Iterator[Doc]:
    """Customer bodies without end: a few have no email, no address or no term, as in life."""
    for name in firm_names(country, dice):
        given, family = person(country, dice)
        body: Doc = {
            "DisplayName": name,
            "CompanyName": name,
            "GivenName": given,
            "FamilyName": family,
            "PrimaryPhone": {"FreeFormNumber": _pattern(country.phone, dice)},
        }
        if dice.random() < 0.95:
            who = dice.choice(("accounts", "finance", plain(given), f"{plain(given)}.{plain(family)}"))
            body["PrimaryEmailAddr"] = {"Address": f"{who}@{plain(name)}.example"}
        if dice.random() < 0.95:
            place = address(country, dice)
            body |= {"BillAddr": place, "ShipAddr": dict(place)}
        if country.tax_number is not None and dice.random() < 0.8:
            body["PrimaryTaxIdentifier"] = country.tax_number(dice)
        if dice.random() < 0.6:
            body["SalesTermRef"] = {"value": str(dice.randrange(1, len(country.terms) + 1))}
        yield body


def abroad(country: Country, dice: Random, code: str) -> Doc:
    """What a customer of another currency has in place of a home address."""
    rows = [row for row in country.foreign if row[0] == code]
    _, iso3, town, postal, _ = dice.choice(rows)
    place = {
        "Line1": f"{dice.randrange(1, 90)} {dice.choice(('Harbour Street', 'Rue Verte', 'Market Square'))}",
        "City": town,
        "Country": iso3,
        "PostalCode": _pattern(postal, dice),
    }
    return {"CurrencyRef": {"value": code}, "BillAddr": place, "ShipAddr": dict(place)}

"""An address between text and parts: what QuickBooks' automated sales tax needs to know where something is delivered."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from babel import Locale
from babel.core import get_global

LONGEST_LINE, LONGEST_PART, LONGEST_CODE = 500, 255, 30
US = "US"
# Each state's code and name; CRMs that take addresses from maps write the name.
STATE_NAMES = {
    name.replace("_", " ").casefold(): code
    for code, name in (
        pair.split(":")
        for pair in (
            "AL:Alabama AK:Alaska AZ:Arizona AR:Arkansas CA:California CO:Colorado CT:Connecticut DE:Delaware "
            "DC:District_of_Columbia FL:Florida GA:Georgia HI:Hawaii ID:Idaho IL:Illinois IN:Indiana IA:Iowa "
            "KS:Kansas KY:Kentucky LA:Louisiana ME:Maine MD:Maryland MA:Massachusetts MI:Michigan MN:Minnesota "
            "MS:Mississippi MO:Missouri MT:Montana NE:Nebraska NV:Nevada NH:New_Hampshire NJ:New_Jersey "
            "NM:New_Mexico NY:New_York NC:North_Carolina ND:North_Dakota OH:Ohio OK:Oklahoma OR:Oregon "
            "PA:Pennsylvania PR:Puerto_Rico RI:Rhode_Island SC:South_Carolina SD:South_Dakota TN:Tennessee "
            "TX:Texas UT:Utah VT:Vermont VA:Virginia WA:Washington WV:West_Virginia WI:Wisconsin WY:Wyoming"
        ).split()
    )
}
STATES = frozenset(STATE_NAMES.values())
_NAMED_STATE = re.compile(
    rf"(?<![\w-])(?P<name>{'|'.join(sorted(STATE_NAMES, key=len, reverse=True))})(?=\.?,?\s+\d{{5}}(?:-\d{{4}})?$)",
    re.IGNORECASE,
)
_CITY = re.compile(r"(?P<city>[^,\d][^,]*?),?\s+(?P<region>[A-Z]{2})\.?,?\s+(?P<code>\d{5}(?:-\d{4})?)")
# Where the postal code comes before the city, behind it, or on a line of its own.
_CODE_FIRST = frozenset({"AT", "BE", "CH", "DE", "DK", "ES", "FI", "FR", "IT", "NL", "NO", "PL", "PT", "SE"})
_BEFORE = re.compile(
    r"(?:[A-Z]{1,2}-)?(?P<code>\d{4} ?[A-Z]{2}|\d{2}-\d{3}|\d{3} \d{2}|\d{4,5}|\d{4}-\d{3})\s+(?P<city>[^\d,]{2,})"
)
_BEHIND = {
    "GB": re.compile(r"(?:(?P<city>[^\d]+?),?\s+)?(?P<code>[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})"),
    "CA": re.compile(r"(?P<city>[^\d]+?),?\s+(?P<region>[A-Z]{2}),?\s+(?P<code>[A-Z]\d[A-Z] ?\d[A-Z]\d)"),
    "AU": re.compile(r"(?P<city>[^\d]+?),?\s+(?P<region>ACT|NSW|NT|QLD|SA|TAS|VIC|WA),?\s+(?P<code>\d{4})"),
}
_REGION = re.compile(r"(?P<region>[A-Z]{2})\.?,?\s+(?P<code>\d{5}(?:-\d{4})?)")


@dataclass(frozen=True)
class Address:
    """Street lines and, where they are known, the place. `country` is an ISO code of two letters, "" when not said."""

    lines: tuple[str, ...] = ()
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""

    @property
    def is_place(self) -> bool:
        """Whether a tax engine can tell where it is: a US state with a postal code, or another country."""
        return bool(self.region and self.postal_code) or self.country not in {"", US}


@lru_cache(maxsize=1)
def _countries() -> Mapping[str, str]:
    names = {name.casefold(): code for code, name in Locale("en").territories.items() if len(code) == 2}
    names = {name: code for name, code in names.items() if code.isalpha()}
    return names | {"usa": US, "u.s.a.": US, "us": US, "uk": "GB", "england": "GB", "great britain": "GB"}


def country_code(name: str) -> str:
    """Return the ISO code of a country by its English name or code of two or three letters, "" for any other text."""
    text = name.strip()
    if len(text) == 2 and text.upper() in _countries().values():
        return text.upper()
    aliases = get_global("territory_aliases").get(text.upper(), []) if len(text) == 3 else []
    return aliases[0] if aliases else _countries().get(text.casefold(), "")


def parse_address(text: str, home: str = "") -> Address:
    """Return the parts of an address that are written beyond doubt; the rest stays street lines.

    A US place is "City, ST 12345" in the last line or the one before a country, or on two lines. Other countries are read
    by their own order, where the last line names one or `home`, the company's own country, has it.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    country = _countries().get(lines[-1].casefold(), "") if len(lines) > 1 else ""
    if country:
        lines = lines[:-1]
    if not lines:
        return Address(country=country)
    if country in {"", US}:
        found = _us_place(lines)
        if found is not None:
            return found
    return _foreign_place(lines, country, home) or Address(tuple(lines), country=country)


def _us_place(lines: list[str]) -> Address | None:
    last = _NAMED_STATE.sub(lambda found: STATE_NAMES[found["name"].casefold()], lines[-1])
    lines = [*lines[:-1], last]
    if len(lines) == 1 and last.count(",") > 1:
        # All on one line: the street ends before the last two commas.
        street, city, rest = last.rsplit(",", 2)
        lines, last = [street.strip(), last], f"{city.strip()},{rest}"
    found = _CITY.fullmatch(last)
    if found is not None and found["region"] in STATES:
        return Address(tuple(lines[:-1]), found["city"].strip(), found["region"], found["code"], US)
    found = _REGION.fullmatch(last)
    if found is not None and found["region"] in STATES and len(lines) > 1:
        return Address(tuple(lines[:-2]), lines[-2].rstrip(","), found["region"], found["code"], US)
    return None


def _foreign_place(lines: list[str], country: str, home: str) -> Address | None:
    """Return the parts by the order of the country, None where the last line does not have it."""
    where, last = country or home[:2], lines[-1]
    pattern = _BEFORE if where in _CODE_FIRST else _BEHIND.get(where)
    found = pattern.fullmatch(last) if pattern is not None else None
    if found is None:
        return None
    parts, street = found.groupdict(), lines[:-1]
    city = (parts["city"] or "").strip(" ,")
    if not city and len(street) > 1:
        city, street = street[-1].rstrip(","), street[:-1]
    if not city or not street:
        return None
    return Address(tuple(street), city, parts.get("region") or "", parts["code"], country)


def ship_to(text: str, customer: Address | None, home: str = "") -> Address | None:
    """Return where an invoice is delivered: the address written on it, else the customer's; None where neither is a place."""
    written = parse_address(text, home)
    if written.is_place:
        return written
    return customer if customer is not None and customer.is_place and not text.strip() else None


def named(address: Address, name: str) -> Address:
    """Return it with the name of the addressee as its first line, unless it has it already."""
    if not name or name in address.lines:
        return address
    return replace(address, lines=(name, *address.lines))


def physical_address(address: Address) -> dict[str, str]:
    """Return QuickBooks' PhysicalAddress; street lines that do not fit join the last one."""
    lines = list(address.lines)
    if len(lines) > 5:
        lines = [*lines[:4], ", ".join(lines[4:])]
    parts = {f"Line{number}": line[:LONGEST_LINE] for number, line in enumerate(lines, 1)}
    parts |= {
        "City": address.city[:LONGEST_PART],
        "CountrySubDivisionCode": address.region[:LONGEST_PART],
        "PostalCode": address.postal_code[:LONGEST_CODE],
        "Country": address.country if address.is_place else "",
    }
    return {key: value for key, value in parts.items() if value}


def ship_to_key(place: Mapping[str, str] | None) -> str:
    """Return a digest of where an invoice is delivered (a PhysicalAddress), "" where that is no place.

    Equal addresses have equal keys, whatever their case and spaces.
    """
    if not place or not (place.get("PostalCode") or place.get("Country")):
        return ""
    parts = (
        place.get(key, "") for key in ("Line1", "City", "CountrySubDivisionCode", "PostalCode", "Country")
    )
    text = "\n".join(" ".join(part.split()).casefold() for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()[:40]

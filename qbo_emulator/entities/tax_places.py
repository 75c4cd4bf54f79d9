"""Where goods are delivered to, as United States sales tax sees it: a small table of places and their rates."""

from __future__ import annotations

import re
from dataclasses import dataclass

from qbo_emulator.core.split_names import words
from qbo_emulator.core.store import Company
from qbo_emulator.json_codec import Doc


@dataclass(frozen=True)
class Place:
    """A taxed place: a state, or towns of it that are known by name or by the first digits of their postal code."""

    state: str
    code: str  # the name of its tax code
    rates: tuple[tuple[str, str], ...]  # name and percent, each rounded by itself
    towns: tuple[str, ...] = ()
    postal: tuple[str, ...] = ()


_NEW_YORK_STATE = ("New York State", "4")
# Towns before their state: the first that fits is the place.
PLACES = (
    Place("TX", "Texas, Austin", (("Texas, Austin", "8.25"),)),
    Place(
        "NY",
        "New York, Kings County",
        (
            _NEW_YORK_STATE,
            ("New York City", "4.5"),
            ("Metropolitan Commuter Transportation District", "0.375"),
        ),
        towns=("new york", "new york city", "brooklyn", "queens", "bronx", "staten island"),
        postal=tuple(words("100 101 102 103 104 110 111 112 113 114 116")),
    ),
    Place("NY", "New York, Albany County", (_NEW_YORK_STATE, ("Albany County", "4"))),
    Place(
        "WA",
        "Washington, Seattle",
        (("Washington State", "6.5"), ("Seattle", "3.85")),
        towns=("seattle",),
        postal=("981",),
    ),
    Place("WA", "Washington, Spokane", (("Washington State", "6.5"), ("Spokane", "2.5"))),
    Place("OR", "Oregon, Portland", (("Oregon", "0"),)),
)
STATE_NAMES = {
    "TEXAS": "TX",
    "NEW YORK": "NY",
    "WASHINGTON": "WA",
    "OREGON": "OR",
    "CALIFORNIA": "CA",
    "ILLINOIS": "IL",
    "FLORIDA": "FL",
    "MASSACHUSETTS": "MA",
    "PENNSYLVANIA": "PA",
    "NEW JERSEY": "NJ",
}
# The first three digits of postal codes, for addresses that say nothing else of their state.
_POSTAL = {
    "TX": ((750, 799), (885, 885)),
    "NY": ((100, 149),),
    "WA": ((980, 994),),
    "OR": ((970, 979),),
    "CA": ((900, 961),),
}
HOME_NAMES = frozenset({"USA", "US", "U.S.", "U.S.A.", "UNITED STATES", "UNITED STATES OF AMERICA"})
_STATE = re.compile(r"\b([A-Z]{2})\.?,?\s+\d{5}\b")
_POSTAL_CODE = re.compile(r"\b(\d{5})(?:-\d{4})?\b")


def _free_text(address: Doc) -> str:
    return " ".join(str(address.get(f"Line{number}") or "") for number in range(1, 6))


def state_of(address: Doc) -> str | None:
    """The state of an address in two letters: its own property, else what stands in its lines or postal code."""
    named = str(address.get("CountrySubDivisionCode") or "").strip().upper()
    if named:
        return STATE_NAMES.get(named, named)
    found = _STATE.search(_free_text(address))
    if found is not None:
        return found.group(1)
    digits = str(address.get("PostalCode") or "")[:3]
    if digits.isdigit() and len(digits) == 3:
        for state, ranges in _POSTAL.items():
            if any(low <= int(digits) <= high for low, high in ranges):
                return state
    return None


def place_in(state: str, address: Doc) -> Place | None:
    """The place of an address within a state; None where the table has none for it."""
    free = _free_text(address)
    town = str(address.get("City") or "").strip().casefold()
    postal = str(address.get("PostalCode") or "")
    if not postal and (found := _POSTAL_CODE.search(free)):
        postal = found.group(1)
    for place in PLACES:
        if place.state != state:
            continue
        is_general = not place.towns
        if is_general or town in place.towns or postal[:3] in place.postal:
            return place
    return None


def taxed_place(company: Company, ship: Doc | None) -> Place | None:
    """The place whose tax a form bears that is delivered to `ship`; None where the company collects none.

    An address that says no state counts as the company's own town, or as nowhere, as the switch has it.
    """
    own: Doc = company.table("CompanyInfo").rows["1"].data["CompanyAddr"]
    if ship and str(ship.get("Country") or "USA").strip().upper() not in HOME_NAMES:
        return None
    state = state_of(ship) if ship else None
    if ship is None or state is None:
        if not company.switches.ships_to_own_town:
            return None
        ship, state = own, state_of(own)
    if state is None or state not in company.switches.taxed_states:
        return None
    return place_in(state, ship)

"""The kinds of company the emulator can open with."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from qbo_emulator.core.store import Profile
from qbo_emulator.seed.ca_rows import CA
from qbo_emulator.seed.country import Country, table
from qbo_emulator.seed.fr_rows import FR
from qbo_emulator.seed.gb_rows import GB
from qbo_emulator.seed.multi_rows import US_MULTI
from qbo_emulator.seed.no_rows import NO
from qbo_emulator.seed.sandbox_rows import SANDBOX
from qbo_emulator.seed.variants import (
    CA_QUEBEC,
    GB_MULTI,
    GB_REVERSE,
    GB_UNREGISTERED,
    US_MANUAL,
    US_SIMPLE,
)

PROFILES: dict[str, Profile] = {
    "us": Profile(
        key="us",
        name="Bluestem Office Interiors",
        country="US",
        currency="USD",
        currency_name="United States Dollar",
        zone="America/Chicago",
        tax_percent=Decimal("8.25"),
        taxed_states=("TX", "NY", "WA", "OR"),
    ),
    "us-2": Profile(
        key="us-2",
        name="Prairie Lane Consulting",
        country="US",
        currency="USD",
        currency_name="United States Dollar",
        zone="America/Chicago",
        tax_percent=None,
        user="Jo Lindqvist",
    ),
    "small": Profile(
        key="small",
        name="Small Company",
        country="US",
        currency="USD",
        currency_name="United States Dollar",
        zone="America/Chicago",
    ),
    "us-multi": Profile(
        key="us-multi",
        name="Greenpoint Audio",
        country="US",
        currency="USD",
        currency_name="United States Dollar",
        zone="America/New_York",
        tax_percent=Decimal("8.875"),
        user="Sol Abrams",
        multicurrency=True,
        taxed_states=("NY",),
    ),
    "gb": Profile(
        key="gb",
        name="Wharfside Lighting",
        country="GB",
        currency="GBP",
        currency_name="British Pound Sterling",
        zone="Europe/London",
        user="Bethan Rowlands",
        tax_word="VAT",
        languages="en,en-GB",
    ),
    "ca": Profile(
        key="ca",
        name="Northwater Outfitting",
        country="CA",
        currency="CAD",
        currency_name="Canadian Dollar",
        zone="America/Toronto",
        user="Renée Fortin",
        tax_word="GST/HST",
        languages="en,fr",
        multicurrency=True,
    ),
    "no-like": Profile(
        key="no-like",
        name="Skuteviken Elektronikk",
        country="NO",
        currency="NOK",
        currency_name="Norwegian Krone",
        zone="Europe/Oslo",
        user="Eirik Sunde",
        tax_word="VAT",
        languages="en,nb",
    ),
    "fr": Profile(
        key="fr",
        name="Ateliers du Rhône",
        country="FR",
        currency="EUR",
        currency_name="Euro",
        zone="Europe/Paris",
        user="Lucie Fontaine",
        tax_word="TVA",
        languages="fr",
    ),
}
PROFILES |= {
    profile.key: profile
    for profile in (
        replace(
            PROFILES["us-multi"],
            key="us-manual",
            name="Saguaro Sound",
            zone="America/Phoenix",
            user="Nell Ortiz",
            multicurrency=False,
            manual_tax=True,
            taxed_states=(),
        ),
        replace(
            PROFILES["us-multi"],
            key="us-simple",
            name="Depot Lane Recording",
            zone="America/Phoenix",
            user="Wes Tully",
            multicurrency=False,
            manual_tax=True,
            taxed_states=(),
            edition="Simple Start",
        ),
        replace(
            PROFILES["us-multi"],
            key="sandbox",
            name="Sandbox Company Garden Works",
            zone="America/Los_Angeles",
            user="Rae Holloway",
            manual_tax=True,
            taxed_states=(),
            bills_expenses=True,
        ),
        replace(PROFILES["gb"], key="gb-multi", name="Tidewater Lighting", multicurrency=True),
        replace(PROFILES["gb"], key="gb-unregistered", name="Lantern Row Lighting", is_registered=False),
        replace(PROFILES["gb"], key="gb-reverse", name="Scaffold Street Electrical"),
        replace(
            PROFILES["ca"],
            key="ca-quebec",
            name="Plein Air Laurentides",
            zone="America/Montreal",
            tax_word="GST/QST",
            multicurrency=False,
        ),
    )
}

# The rows a company opens with, where they are not those of the two first companies.
COUNTRIES: dict[str, Country] = {
    "us-multi": US_MULTI,
    "us-manual": US_MANUAL,
    "us-simple": US_SIMPLE,
    "gb": GB,
    "gb-multi": GB_MULTI,
    "gb-unregistered": GB_UNREGISTERED,
    "gb-reverse": GB_REVERSE,
    "ca": CA,
    "ca-quebec": CA_QUEBEC,
    "fr": FR,
    "no-like": NO,
    "sandbox": SANDBOX,
}
# Where the customers of a large company in Texas come from.
US_FIRMS = replace(
    US_MULTI,
    phone="(512) 555-01##",
    foreign=(),
    towns=table(
        "Austin|TX|787##\nSan Antonio|TX|782##\nHouston|TX|770##\nDallas|TX|752##\nWaco|TX|767##\nTyler|TX|757##"
    ),
)

"""The kinds of company the emulator can open with."""

from __future__ import annotations

from decimal import Decimal

from qbo_emulator.store import Profile

PROFILES: dict[str, Profile] = {
    "us": Profile(
        key="us",
        name="Bluestem Office Interiors",
        country="US",
        currency="USD",
        currency_name="United States Dollar",
        zone="America/Chicago",
        tax_percent=Decimal("8.25"),
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
}

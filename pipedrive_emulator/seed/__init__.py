"""The rows a world starts with: `demo`, or `empty` with people and settings only."""

from __future__ import annotations

from pipedrive_emulator.core.store import Store
from pipedrive_emulator.seed import company, contacts, deals, fields

SEEDS = ("demo", "empty")


def fill(store: Store, company_id: int, seed: str) -> None:
    """Write the rows of the seed that was asked for."""
    if seed not in SEEDS:
        raise ValueError(f"seed must be one of {', '.join(SEEDS)}")
    company.write(store, company_id)
    fields.write(store)
    if seed == "demo":
        contacts.write(store)
        deals.write(store)

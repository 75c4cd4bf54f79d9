"""The rows a world starts with: `demo`, or `empty` with people and settings only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipedrive_emulator.seed import company, contacts, deals, fields

if TYPE_CHECKING:
    from pipedrive_emulator.world import World

SEEDS = ("demo", "empty")


def fill(world: World) -> None:
    """Write the rows of the seed that was asked for."""
    if world.settings.seed not in SEEDS:
        raise ValueError(f"seed must be one of {', '.join(SEEDS)}")
    company.write(world)
    fields.write(world.store)
    if world.settings.seed == "demo":
        contacts.write(world.store)
        deals.write(world.store)

"""What evidence about the real service leaves open, as switches of one company; the defaults are what is best witnessed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from qbo_emulator.json_codec import Doc

CHOICES: Mapping[str, tuple[Any, ...]] = {
    "missing_exchange_rate": ("one", "refused"),
    "long_decimals": ("rounded", "refused"),
    "stock_shortage": ("allowed", "refused"),
    "rows_as_of": (2020, 2025),
}


@dataclass
class Switches:
    """One switch a field; `names` has them as the control API spells them, ShipsToOwnTown and so on."""

    # Where a form without ShipAddr is delivered to, for automated sales tax: the company's own town (as documented), or
    # nowhere (as one live log has it).
    ships_to_own_town: bool = True
    # The states in which automated sales tax collects; a form that goes elsewhere is not taxed.
    taxed_states: tuple[str, ...] = ()
    # A foreign form without ExchangeRate: taken at 1 (seen on invoices, 2024) or refused with 2410 (seen on bills).
    missing_exchange_rate: str = "one"
    # A price or quantity of more than five decimals: rounded to them, or refused.
    long_decimals: str = "rounded"
    # More of a counted item than is there: sold all the same, or refused with 6520.
    stock_shortage: str = "allowed"
    # Which recordings the rows look like: of 2020, or with what 2024 and 2025 added.
    rows_as_of: int = 2025
    # Whether the tax codes that a United States company lists include TAX and NON (one public report says no).
    lists_tax_and_non: bool = True

    def change(self, name: str, value: Any) -> bool:
        """Set the switch of a spelt name; False when there is none of that name (ValueError for a wrong value)."""
        own = self.names().get(name)
        if own is None:
            return False
        allowed = CHOICES.get(own)
        if allowed is not None and value not in allowed:
            raise ValueError(f"{name} is one of {', '.join(map(str, allowed))}")
        if isinstance(getattr(self, own), bool) and not isinstance(value, bool):
            raise ValueError(f"{name} is true or false")
        if own == "taxed_states":
            if not isinstance(value, list | tuple) or not all(isinstance(state, str) for state in value):
                raise ValueError(f"{name} is a list of states, such as TX and WA")
            value = tuple(state.upper() for state in value)
        setattr(self, own, value)
        return True

    @classmethod
    def names(cls) -> dict[str, str]:
        """The fields by the name the control API spells: ships_to_own_town is ShipsToOwnTown."""
        return {
            "".join(part.capitalize() for part in field.name.split("_")): field.name for field in fields(cls)
        }

    def doc(self) -> Doc:
        return {name: getattr(self, own) for name, own in self.names().items()}

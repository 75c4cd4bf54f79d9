"""Postal addresses as people read them."""

from __future__ import annotations

from qbo_emulator.json_codec import Doc


def address_lines(address: Doc | None) -> list[str]:
    """An address as it is printed, one text per line."""
    if not address:
        return []
    lines = [address[f"Line{number}"] for number in range(1, 6) if address.get(f"Line{number}")]
    place = ", ".join(
        part
        for part in (
            address.get("City"),
            " ".join(p for p in (address.get("CountrySubDivisionCode"), address.get("PostalCode")) if p),
        )
        if part
    )
    return [line for line in (*lines, place, address.get("Country")) if line]

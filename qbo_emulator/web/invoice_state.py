"""The word a person would use for the state of an invoice."""

from __future__ import annotations

from datetime import date

from qbo_emulator.core.field_values import stored
from qbo_emulator.json_codec import Doc


def state_of(data: Doc, today: date) -> tuple[str, str]:
    """A CSS class and a label for an invoice."""
    total, balance = stored(data["TotalAmt"]), stored(data["Balance"])
    if total == 0 and str(data.get("PrivateNote", "")).startswith("Voided"):
        return "voided", "Voided"
    if balance == 0:
        return "paid", "Paid"
    if date.fromisoformat(data["DueDate"]) < today:
        return "overdue", "Overdue" if balance == total else "Overdue, part paid"
    return ("open", "Open") if balance == total else ("part", "Part paid")

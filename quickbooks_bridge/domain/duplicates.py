"""What tells one invoice from another that bills the same."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

# How close in time and amount an invoice of the same customer has to be to be the same sale.
NEAR_DAYS = timedelta(days=45)
NEAR_SHARE = Decimal("0.01")


@dataclass(frozen=True)
class SimilarInvoice:
    """An invoice of the same customer that no deal has, of about this amount and day."""

    id: str
    number: str
    total: str
    day: date


def content_key(lines: Sequence[Mapping[str, Any]], currency: str) -> str:
    """Return a digest of what is billed: the same lines in the same currency have the same one, whatever their dates."""
    text = json.dumps([currency, list(lines)], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:40]


def is_near(amount: Decimal, other: Decimal) -> bool:
    """Return whether two amounts could be the same sale: within one percent of each other."""
    return abs(amount - other) <= abs(amount) * NEAR_SHARE

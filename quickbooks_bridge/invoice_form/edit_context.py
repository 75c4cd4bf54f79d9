"""What the edits of the invoice form know of their surroundings, and what they want of the page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from quickbooks_bridge.domain.draft import PresetFacts
from quickbooks_bridge.domain.due_dates import Terms
from quickbooks_bridge.models import Item


@dataclass(frozen=True)
class EditContext:
    """What edits need to know: today where the company is, terms, presets, items named by the form.

    `deal_currency` is that of the deal's amounts, "" for a deal without any.
    """

    today: date
    terms: Mapping[str, Terms] = field(default_factory=dict)
    deal_currency: str = ""
    home_currency: str = ""
    presets: Mapping[str, PresetFacts] = field(default_factory=dict)
    items: Mapping[str, Item] = field(default_factory=dict)
    # The tax codes that a line can bear, and the one to begin with where its product has none.
    codes: frozenset[str] = frozenset()
    usual_code: str = ""
    # Whether people of the company's country write a comma before the decimals.
    is_comma_decimal: bool = False


@dataclass(frozen=True)
class FocusTarget:
    """What an edit wants of the page: the id of the field that gets the focus, and what is spoken."""

    focus: str = ""

"""The CRM's own kinds of change-log lines."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm_invoicing.ui.templatetags.ui import day_text, money_text

from .models import Deal, DealLine
from .timeline import TimelineLine, register_entry_type

LABELS = {
    "title": gettext_lazy("Title"),
    "organization": gettext_lazy("Organization"),
    "person": gettext_lazy("Person"),
    "value": gettext_lazy("Value"),
    "currency": gettext_lazy("Currency"),
    "status": gettext_lazy("Status"),
    "owner": gettext_lazy("Owner"),
    "closed_on": gettext_lazy("Closed on"),
    "name": gettext_lazy("Name"),
    "quantity": gettext_lazy("Quantity"),
    "unit_price": gettext_lazy("Price"),
    "discount": gettext_lazy("Discount"),
    "discount_kind": gettext_lazy("Discount in"),
    "tax_percent": gettext_lazy("Tax %"),
    "comment": gettext_lazy("Comment"),
}
CHOICES = {"status": Deal.Status, "discount_kind": DealLine.DiscountKind}
LONGEST = 120


def _shown(field: str, text: str, currency: str) -> str:
    if not text:
        return "–"
    if field in {"value", "unit_price"}:
        return money_text(Decimal(text), currency)
    if field == "closed_on":
        return day_text(date.fromisoformat(text))
    choices = CHOICES.get(field)
    if choices and text in choices.values:
        return str(choices(text).label)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _sentence(change: dict[str, str], currency: str) -> str:
    field = change.get("field", "")
    words = {
        "field": LABELS.get(field, change.get("label", field)),
        "before": _shown(field, change["before"], currency),
        "after": _shown(field, change["after"], currency),
    }
    return _("%(field)s: %(before)s → %(after)s") % words


def _sentences(data: dict[str, Any]) -> str:
    return " · ".join(_sentence(change, data.get("currency", "")) for change in data.get("changes", []))


def _deal_changed(data: dict[str, Any]) -> TimelineLine:
    said = _sentences(data)
    text = _("Deal changed. %(changes)s") % {"changes": said} if said else _("Deal changed")
    return TimelineLine("pencil", "neutral", (text,))


def _line_changed(data: dict[str, Any]) -> TimelineLine:
    said = _sentences(data)
    words = {"name": data.get("name", ""), "changes": said}
    text = (
        _("Product %(name)s changed. %(changes)s") % words if said else _("Product %(name)s changed") % words
    )
    return TimelineLine("products", "neutral", (text,))


def register_kinds() -> None:
    """Register how the CRM's entries read; an erasure leaves names of products and stages."""
    changes = {"changes", "field", "currency"}
    register_entry_type("deal.changed", _deal_changed, keeps=changes)
    register_entry_type("deal.created", lambda data: TimelineLine("plus", "neutral", (_("Deal created"),)))
    register_entry_type(
        "deal.moved",
        lambda data: TimelineLine(
            "arrow-right", "neutral", (_("Moved from %(before)s to %(after)s") % data,)
        ),
        keeps={"before", "after"},
    )
    register_entry_type("line.added", _of_product(gettext_lazy("Product %(name)s added")), keeps={"name"})
    register_entry_type("line.changed", _line_changed, keeps={"name", *changes})
    register_entry_type("line.removed", _of_product(gettext_lazy("Product %(name)s removed")), keeps={"name"})


def _of_product(sentence: Any) -> Callable[[dict[str, Any]], TimelineLine]:
    return lambda data: TimelineLine("products", "neutral", (str(sentence) % data,))

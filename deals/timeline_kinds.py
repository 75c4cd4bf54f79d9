"""The CRM's own kinds of change-log lines."""

from typing import Any

from django.utils.translation import gettext as _

from .models import Deal
from .timeline import TimelineLine, register_kind


def _changed(data: dict[str, Any]) -> TimelineLine:
    names = []
    for name in data.get("fields", []):
        known = {
            field.name: field.verbose_name
            for field in Deal._meta.get_fields()
            if hasattr(field, "verbose_name")
        }
        names.append(str(known.get(name, name)))
    return TimelineLine("pencil", "neutral", (_("Deal changed: %(fields)s") % {"fields": ", ".join(names)},))


def register_kinds() -> None:
    """Tell how the CRM's entries read."""
    register_kind("deal.changed", _changed)
    register_kind("deal.created", lambda data: TimelineLine("plus", "neutral", (_("Deal created"),)))
    register_kind(
        "deal.moved",
        lambda data: TimelineLine(
            "arrow-right", "neutral", (_("Moved from %(before)s to %(after)s") % data,)
        ),
    )
    register_kind(
        "line.added", lambda data: TimelineLine("products", "neutral", (_("Product %(name)s added") % data,))
    )
    register_kind(
        "line.changed",
        lambda data: TimelineLine("products", "neutral", (_("Product %(name)s changed") % data,)),
    )
    register_kind(
        "line.removed",
        lambda data: TimelineLine("products", "neutral", (_("Product %(name)s removed") % data,)),
    )

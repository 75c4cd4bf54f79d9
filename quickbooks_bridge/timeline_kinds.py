"""How invoices' change-log lines read."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from deals.templatetags.ui import day_text, money_text
from deals.timeline import TimelineLine, register_kind


def _money(data: dict[str, Any], key: str = "amount") -> str:
    return money_text(Decimal(str(data.get(key) or "0")), str(data.get("currency") or "USD"))


def _day(data: dict[str, Any]) -> str:
    return day_text(date.fromisoformat(data["due"]), "short") if data.get("due") else "–"


def _line(
    icon: str, tone: str, text: Callable[[dict[str, Any]], str], note: str = ""
) -> Callable[[dict[str, Any]], TimelineLine]:
    def render(data: dict[str, Any]) -> TimelineLine:
        return TimelineLine(icon, tone, (text(data),), _("Recorded in QuickBooks") if note else "")

    return render


def register_kinds() -> None:
    """Tell how invoice entries read; whoever did nothing is "Recorded in QuickBooks"."""
    kinds: dict[str, tuple[str, str, Callable[[dict[str, Any]], str]]] = {
        "invoice.created": (
            "document",
            "open",
            lambda d: (
                _("Invoice %(n)s was created: %(a)s, due %(d)s")
                % {"n": d["number"], "a": _money(d), "d": _day(d)}
            ),
        ),
        "invoice.payment": (
            "coins",
            "paid",
            lambda d: _("Payment of %(a)s received on invoice %(n)s") % {"a": _money(d), "n": d["number"]},
        ),
        "invoice.paid": (
            "paid",
            "paid",
            lambda d: _("Invoice %(n)s was paid: %(a)s") % {"n": d["number"], "a": _money(d)},
        ),
        "invoice.unpaid": (
            "coins",
            "attention",
            lambda d: _("%(a)s of payment was taken off invoice %(n)s") % {"a": _money(d), "n": d["number"]},
        ),
        "invoice.voided": (
            "voided",
            "neutral",
            lambda d: _("Invoice %(n)s was voided; it was %(a)s") % {"n": d["number"], "a": _money(d)},
        ),
        "invoice.deleted": (
            "trash",
            "neutral",
            lambda d: _("Invoice %(n)s was deleted; it was %(a)s") % {"n": d["number"], "a": _money(d)},
        ),
        "invoice.restored": (
            "document",
            "open",
            lambda d: _("Invoice %(n)s is back: %(a)s") % {"n": d["number"], "a": _money(d)},
        ),
        "invoice.amount_changed": (
            "pencil",
            "neutral",
            lambda d: (
                _("Invoice %(n)s changed from %(b)s to %(a)s")
                % {"n": d["number"], "b": _money(d, "before"), "a": _money(d, "after")}
            ),
        ),
        "invoice.due_moved": (
            "calendar",
            "neutral",
            lambda d: _("Invoice %(n)s is now due %(d)s") % {"n": d["number"], "d": _day(d)},
        ),
        "invoice.emailed": (
            "mail",
            "open",
            lambda d: _("Invoice %(n)s was sent by email") % {"n": d["number"]},
        ),
        "invoice.linked": ("link", "neutral", lambda d: _("Invoice %(n)s was linked") % {"n": d["number"]}),
        "invoice.unlinked": (
            "unlink",
            "neutral",
            lambda d: _("Invoice %(n)s was unlinked") % {"n": d["number"]},
        ),
        "customer.unlinked": (
            "unlink",
            "neutral",
            lambda d: _("Customer %(n)s was unlinked") % {"n": d.get("name", "")},
        ),
    }
    for kind, (icon, tone, text) in kinds.items():
        register_kind(kind, _line(icon, tone, text, note="QuickBooks"))

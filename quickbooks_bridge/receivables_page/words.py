"""What is said of lateness: names of the buckets, how late somebody usually pays, when cash can be expected."""

from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm_invoicing.ui.templatetags.ui import day_text
from quickbooks_bridge.domain.receivables import Bucket, CashRange, Habit


def bucket_label(bucket: Bucket) -> str:
    """Return the name of a bucket."""
    return {
        Bucket.NOT_DUE: _("Not yet due"),
        Bucket.LATE_30: _("1–30 days"),
        Bucket.LATE_60: _("31–60 days"),
        Bucket.LATE_90: _("61–90 days"),
        Bucket.LATE_MORE: _("Over 90 days"),
    }[bucket]


def habit_text(habit: Habit | None) -> str:
    """Say how late somebody usually pays; that too few invoices are settled to tell, where that is so."""
    if habit is None:
        return _("Not enough yet")
    if habit.usual == 0:
        return _("On the due date")
    days = abs(habit.usual)
    if habit.usual > 0:
        return ngettext("%(n)s day late", "%(n)s days late", days) % {"n": days}
    return ngettext("%(n)s day early", "%(n)s days early", days) % {"n": days}


def cash_text(expected: CashRange | None, *, today: date) -> str:
    """Say when an invoice will probably be paid."""
    if expected is None:
        return _("Not enough yet")
    if expected.last == today:
        # By its customer's habit it should have come before.
        return _("Any day now")
    first = _("today") if expected.first == today else day_text(expected.first, "short")
    if expected.first == expected.last:
        return first
    return f"{first} – {day_text(expected.last, 'short')}"

"""The heads of the list, each with the address part that sorts by it."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from quickbooks_bridge.domain.receivables import Bucket
from quickbooks_bridge.selectors.receivables import ReceivablesFilter

from .words import bucket_label

# What reads from its beginning: words and days; amounts come with the largest first.
_UPWARD = ("name", "number", "customer", "due")


@dataclass(frozen=True)
class SortHead:
    """A head; `sort` is what pressing it asks for, `aria` the order it is in now."""

    key: str
    label: str
    sort: str
    aria: str = ""
    is_number: bool = False
    is_wide: bool = False


def sum_heads(wanted: ReceivablesFilter) -> list[SortHead]:
    """Return the heads of rows by customer or sales rep."""
    name = _("Sales rep") if wanted.by == "rep" else _("Customer")
    heads = [_head(wanted, "name", name)]
    heads += [
        _head(wanted, bucket.value, bucket_label(bucket), is_number=True, is_wide=True) for bucket in Bucket
    ]
    return [*heads, _head(wanted, "outstanding", _("Outstanding"), is_number=True)]


def invoice_heads(wanted: ReceivablesFilter) -> dict[str, SortHead]:
    """Return the heads of single invoices that sort, by key."""
    labels = {"number": _("Invoice"), "customer": _("Customer"), "due": _("Due"), "balance": _("Balance")}
    return {key: _head(wanted, key, label, is_number=key == "balance") for key, label in labels.items()}


def _head(
    wanted: ReceivablesFilter, key: str, label: str, *, is_number: bool = False, is_wide: bool = False
) -> SortHead:
    is_now, is_down = wanted.sort.removeprefix("-") == key, wanted.sort.startswith("-")
    if is_now:
        turned = key if is_down else f"-{key}"
        return SortHead(key, label, turned, "descending" if is_down else "ascending", is_number, is_wide)
    return SortHead(key, label, key if key in _UPWARD else f"-{key}", "", is_number, is_wide)

"""What became of the deal's products while the form was open: said, and taken over without losing what was typed."""

import hashlib
from collections.abc import Iterable, Mapping

from deals.snapshot import DealLineFacts

from .form_state import FormState

# What of a line comes from the deal; product, tax and class are the form's own.
FROM_DEAL = ("name", "description", "quantity", "unit_price", "discount", "discount_kind")


def lines_seen(lines: Iterable[DealLineFacts], currency: str) -> str:
    """Return what tells one state of a deal's lines from another: a digest, and the lines' ids."""
    lines = list(lines)
    text = currency + repr([(line.id, line.name, line.comment, line.quantity.normalize(), line.unit_price.normalize(),
                  line.discount.normalize(), line.discount_kind, line.is_tax_included) for line in lines])  # fmt: skip
    return " ".join([hashlib.sha256(text.encode()).hexdigest()[:16], *(line.id for line in lines)])


def is_deal_changed(state: FormState, lines: Iterable[DealLineFacts], currency: str) -> bool:
    """Return whether the deal's lines are others than the form was filled from; amounts that were converted stay."""
    seen = state.values["deal_seen"]
    return bool(seen) and not state.values["converted_from"] and seen != lines_seen(lines, currency)


def mark_filled(lines: Iterable[dict[str, str]]) -> None:
    """Store on each line a digest of the deal's values, so that later edits by a person can be detected."""
    for line in lines:
        line["filled"] = _mark(line) if line["source"] or line["bundle"] else ""


def _mark(line: Mapping[str, str]) -> str:
    # The heading of a bundle has neither price nor discount.
    names = FROM_DEAL[:3] if line["kind"] == "bundle" else FROM_DEAL
    text = "\x1f".join(line[name] for name in names)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def take_deal_lines(state: FormState, fresh: FormState) -> None:
    """Take the deal's lines as they are now: changed, new and removed ones. What was typed over stays as it was typed.

    A line that a person took out stays out; a bundle in which something was typed stays as it is, with all its products.
    """
    known = set(state.values["deal_seen"].split()[1:])
    groups = _groups(fresh)
    there = {line["source"]: line for line in fresh.lines if line["source"]}
    opened = _groups(state)
    parts = {id(part) for group in opened.values() for part in group[1:]}
    kept: list[dict[str, str]] = []
    for line in state.lines:
        if id(line) in parts:
            # It goes with its heading.
            continue
        group = opened.get(line["source"], []) if line["kind"] == "bundle" else []
        now = there.pop(line["source"], None) if line["source"] else None
        is_untouched = _is_untouched(group or [line])
        if line["source"] and now is None and is_untouched:
            continue
        if group:
            kept += groups[line["source"]] if now is not None and is_untouched else group
            continue
        if now is not None and is_untouched and now["kind"] == "item":
            line |= {name: now[name] for name in (*FROM_DEAL, "filled")}
        kept.append(line)
    added = [
        one for source, group in groups.items() if source in there and source not in known for one in group
    ]
    state.lines = kept + added
    state.values["deal_seen"] = fresh.values["deal_seen"]
    # A deal that moved to another currency has all its amounts in that one.
    for name in ("lines_billed", "lines_over", "currency"):
        state.values[name] = fresh.values[name]


def _is_untouched(lines: list[dict[str, str]]) -> bool:
    """Return whether nobody typed into any of these lines since they were filled from the deal."""
    return all(line["filled"] and line["filled"] == _mark(line) for line in lines)


def _groups(state: FormState) -> dict[str, list[dict[str, str]]]:
    """Return the lines by the deal line they bill, a bundle's heading with its products."""
    found: dict[str, list[dict[str, str]]] = {}
    source = ""
    for line in state.lines:
        source = line["source"] or (source if line["bundle"] else "")
        if source:
            found.setdefault(source, []).append(line)
    return found

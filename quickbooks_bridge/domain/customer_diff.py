"""What updating a customer would change in QuickBooks, field by field and word by word."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from .address import Address

MASKED_DIGITS = 5
ADDRESS_PARTS = ("street", "city", "region", "postal_code", "country")
CUSTOMER_PARTS = (*ADDRESS_PARTS, "email", "tax_id")


@dataclass(frozen=True)
class FieldDiff:
    """One field before and after; `words` are ("same" | "del" | "ins", text) runs. `after` "" changes nothing."""

    field: str
    before: str
    after: str
    is_changed: bool
    words: tuple[tuple[str, str], ...]


def address_parts(address: Address) -> dict[str, str]:
    """Return an address by its parts; street lines are joined by newlines."""
    return {
        "street": "\n".join(address.lines),
        "city": address.city,
        "region": address.region,
        "postal_code": address.postal_code,
        "country": address.country,
    }


def _is_same(field: str, before: str, after: str) -> bool:
    if not after or before.casefold() == after.casefold():
        return True
    is_masked = field == "tax_id" and before.startswith("XXX")
    return is_masked and before[-MASKED_DIGITS:] == after[-MASKED_DIGITS:]


def _words(before: str, after: str) -> tuple[tuple[str, str], ...]:
    old, new = before.split(), after.split()
    runs: list[tuple[str, str]] = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            runs.append(("same", " ".join(old[a:b])))
        else:
            runs.extend(
                (kind, " ".join(part)) for kind, part in (("del", old[a:b]), ("ins", new[c:d])) if part
            )
    return tuple(runs)


def customer_diff(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[FieldDiff, ...]:
    """Compare the parts of a customer. Values are compared with white space folded.

    QuickBooks masks tax ids on reading, so one counts as equal when its last five characters agree. An address without a
    recognised city changes nothing where QuickBooks has a city or postal code: a new street would contradict them.
    """
    is_whole = bool(after.get("city") or not (before.get("city") or before.get("postal_code")))
    diffs = []
    for field in CUSTOMER_PARTS:
        written = after.get(field, "") if is_whole or field not in ADDRESS_PARTS else ""
        old, new = " ".join(before.get(field, "").split()), " ".join(written.split())
        changed = not _is_same(field, old, new)
        diffs.append(FieldDiff(field, old, new, changed, _words(old, new) if changed else (("same", old),)))
    return tuple(diffs)


def merged_address(before: Address, after: Address, fields: frozenset[str]) -> Address:
    """Return the address with the named parts replaced: QuickBooks overwrites an address whole, so it is sent whole."""
    return Address(
        lines=after.lines if "street" in fields else before.lines,
        city=after.city if "city" in fields else before.city,
        region=after.region if "region" in fields else before.region,
        postal_code=after.postal_code if "postal_code" in fields else before.postal_code,
        country=after.country if "country" in fields else before.country,
    )

"""What updating a customer would change in QuickBooks, word by word."""

from dataclasses import dataclass
from difflib import SequenceMatcher

MASKED_DIGITS = 5


@dataclass(frozen=True)
class FieldDiff:
    """One field before and after; `words` are ("same" | "del" | "ins", text) runs. `after` "" changes nothing."""

    field: str
    before: str
    after: str
    is_changed: bool
    words: tuple[tuple[str, str], ...]


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


def customer_diff(before: dict[str, str], after: dict[str, str]) -> tuple[FieldDiff, ...]:
    """Compare "address", "email" and "tax_id". Values are compared with white space folded.

    QuickBooks masks tax ids on reading, so one counts as equal when its last five characters agree.
    """
    diffs = []
    for field in ("address", "email", "tax_id"):
        old, new = " ".join(before.get(field, "").split()), " ".join(after.get(field, "").split())
        changed = not _is_same(field, old, new)
        diffs.append(FieldDiff(field, old, new, changed, _words(old, new) if changed else (("same", old),)))
    return tuple(diffs)

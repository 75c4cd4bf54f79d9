"""House rules that no other tool checks: `python -m tests.house_rules` prints what breaks them, `make check` runs it."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = ("crm_invoicing", "deals", "quickbooks_bridge")
READ = (".py", ".html", ".js", ".css", ".md", ".yml", ".toml")
# Words that were ours alone, and the field's word to use. `announce` stays for assistive technology.
DIALECT = {
    r"announce(d|ment|ments)\b": "webhook, webhook event",
    r"\bpretend QuickBooks\b": "QuickBooks emulator",
    r"\bparked\b": "unreadable, quarantined",
    r"\bsecond look\b": "retry",
    r"\bcatch(es|ing)? up\b|\bcaught up\b": "reconcile, up to date",
    r"\bfirst load\b": "initial import",
    r"\bin step\b": "up to date, synced",
    r"\bsweeps?\b": "dispatch",
    r"\bwake-ups?\b": "enqueue, trigger",
    r"\bmend(s|ed|ing)?\b": "fix",
    r"\bwhose turn\b": "who needs to act, responsible",
    r"\b(giving|gave|given) up\b": "abandon, stop checking",
    r"\bput aside\b": "dismissed",
    r"\bkeepings\b": "link counts",
    r"\b(a|last|next|regular) look (for|at) (changes|QuickBooks)\b": "sync, poll",
}
MAX_TOP_LEVEL = 20
MAX_TEMPLATE_LINE = 160
# What cannot be broken: a sentence, settings as JSON, and a link whose text must have no space at its end.
UNBROKEN = ("trans", "_(", "content=", "head.label")
# What stands in one room only: a pattern, the files that may have it, and what to do instead.
OWNED = (
    (
        r"\.cursor\(\)|\.raw\(|\bRawSQL\(|\.extra\(",
        ("quickbooks_bridge/db/", "crm_invoicing/health.py", "deals/bulk_insert.py"),
        "only quickbooks_bridge/db/ writes SQL",
    ),
    (
        r"\bTimelineEntry\(|\bTimelineEntry\.objects\.(create|bulk_create|update|get_or_create)\b",
        ("deals/",),
        "only deals writes timeline entries: deals.services.timeline_bulk_add",
    ),
)
# The rules' own texts, and the past.
EXEMPT = {"tests/house_rules.py", "tests/test_house_rules.py", "CHANGELOG.md"}


def dialect(line: str) -> Iterator[str]:
    """Return what a line says in words of our own, each with the word to use."""
    for pattern, word in DIALECT.items():
        if found := re.search(pattern, line, re.IGNORECASE):
            yield f"“{found[0]}”: say {word}"


def owned(name: str, line: str) -> Iterator[str]:
    """Return what a line of a product file does that another room owns."""
    for pattern, rooms, instead in OWNED:
        if not name.startswith(rooms) and (found := re.search(pattern, line)):
            yield f"“{found[0]}”: {instead}"


def too_long(line: str) -> bool:
    """Return whether a line of a template could be broken and is not."""
    return len(line) > MAX_TEMPLATE_LINE and not any(text in line for text in UNBROKEN)


def docstrings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Return line and text of each docstring that begins otherwise than Python's do."""
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    for node in ast.walk(tree):
        if not isinstance(node, kinds):
            continue
        text = ast.get_docstring(node)
        if text and re.match(r"Give\b|Tell whether\b", text):
            yield node.lineno, f"a docstring begins with “{text.split()[0]}”: say Return"


def same_names(classes: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Return the class names that stand for two things; `classes` are pairs of name and place."""
    known: dict[str, str] = {}
    for name, place in classes:
        # Django finds commands by this name.
        if name in known and name != "Command":
            yield f"{place}: class {name} exists already in {known[name]}"
        known.setdefault(name, place)


def _files() -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    skip = ("qbo_emulator/", "docs/img/")
    return [
        name
        for name in listed.splitlines()
        if name.endswith(READ) and name not in EXEMPT and "/migrations/" not in name
        and not name.startswith(skip) and (ROOT / name).exists()
    ]  # fmt: skip


def broken() -> Iterator[str]:
    """Return every broken rule as `path:line: what`."""
    classes: list[tuple[str, str]] = []
    for name in _files():
        text = (ROOT / name).read_text()
        for number, line in enumerate(text.splitlines(), 1):
            yield from (f"{name}:{number}: {what}" for what in dialect(line))
            if name.startswith("templates/") and too_long(line):
                yield f"{name}:{number}: longer than {MAX_TEMPLATE_LINE}"
        if not name.endswith(".py"):
            continue
        if name.startswith(PRODUCT):
            for number, line in enumerate(text.splitlines(), 1):
                yield from (f"{name}:{number}: {what}" for what in owned(name, line))
        tree = ast.parse(text)
        yield from (f"{name}:{line}: {what}" for line, what in docstrings(tree))
        if name.startswith(PRODUCT):
            classes += [(node.name, name) for node in tree.body if isinstance(node, ast.ClassDef)]
    yield from same_names(one for one in classes if not one[0].startswith("_"))
    top = {name.split("/")[1] for name in _files() if name.startswith("quickbooks_bridge/")} - {"__init__.py"}
    if len(top) > MAX_TOP_LEVEL:
        yield f"quickbooks_bridge/: {len(top)} entries at the top, at most {MAX_TOP_LEVEL}"


def main() -> int:
    """Print what breaks a rule; 1 when anything does."""
    found = list(broken())
    print("\n".join(found) or "House rules: kept.")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())

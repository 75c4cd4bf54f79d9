"""The figures of the fault tests: kept while they run, shown as one table at the end."""

import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "build" / "soak" / "figures.jsonl"
SHOWN = ROOT / "docs" / "scorecard.md"
IS_LONG = bool(os.environ.get("SOAK"))


def size(name: str, *, quick: int, long: int) -> int:
    """Return how much of something a test does: SOAK_<name>, else by the form that runs."""
    return int(os.environ.get(f"SOAK_{name}") or (long if IS_LONG else quick))


def record(requirement: str, what: str, figure: float, limit: float, *, at_least: bool = False) -> None:
    """Keep a figure and fail when it is not within its limit."""
    is_kept = figure >= limit if at_least else figure <= limit
    sign = "≥" if at_least else "≤"
    KEPT.parent.mkdir(parents=True, exist_ok=True)
    row = {"requirement": requirement, "what": what, "figure": f"{figure:g}", "limit": f"{sign} {limit:g}"}
    with KEPT.open("a") as file:
        file.write(json.dumps({**row, "ok": is_kept}) + "\n")
    print(f"{requirement}: {what}: {figure:g} (limit {sign} {limit:g})")
    assert is_kept, f"{requirement}: {what}: {figure:g}, limit {sign} {limit:g}"


def table() -> tuple[str, bool]:
    """Return the table of the last run, and whether every figure is within its limit."""
    rows = [json.loads(line) for line in KEPT.read_text().splitlines()] if KEPT.exists() else []
    rows.sort(key=lambda row: int(row["requirement"].lstrip("RX").partition(" ")[0]))
    lines = ["| requirement | figure | measured | limit | |", "|---|---|---:|---:|---|"]
    lines += [
        f"| {row['requirement']} | {row['what']} | {row['figure']} | {row['limit']} | {'pass' if row['ok'] else 'FAIL'} |"
        for row in rows
    ]
    return "\n".join(lines), bool(rows) and all(row["ok"] for row in rows)


def main() -> int:
    """Forget the last run (`begin`), or show its table, in docs/scorecard.md too when SCORECARD asks for it."""
    if sys.argv[1:] == ["begin"]:
        KEPT.unlink(missing_ok=True)
        return 0
    shown, is_well = table()
    print(shown)
    if os.environ.get("SCORECARD"):
        intro = "Figures of the fault tests (`make soak`), with the sizes they name, against the QuickBooks emulator."
        SHOWN.write_text(f"# Scorecard\n\n{intro} Measured on 2 cores that other work shared.\n\n{shown}\n")
    return 0 if is_well else 1


if __name__ == "__main__":
    sys.exit(main())

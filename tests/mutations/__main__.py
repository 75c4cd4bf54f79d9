"""Breaks each rule in a copy of the project and runs its tests: a table of what was noticed, and the figure.

Ends with 1 when fewer than 95 of 100 are noticed. Words on the command line choose rules by name.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue

from crm_invoicing.processes import BASE

from .rules import RULES, Rule

AT_ONCE = 2
LEAST = 0.95
LONGEST = 300
ENDED_WELL, TESTS_FAILED, NO_TESTS = 0, 1, 5


def _copy(into: Path) -> Path:
    """Copy what belongs to the project; the installed packages are shared."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=BASE, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.splitlines():
        source, target = BASE / name, into / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    return into


def _run(place: Path, tests: tuple[str, ...]) -> int:
    """Run tests in a copy, those that failed there first."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--no-header", *tests]
    environment = {
        **os.environ,
        "DATA_DIR": str(place / "build/test"),
        "PREPARED_DATABASES": str(place.parent / "prepared"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    try:
        run = subprocess.run(
            command, cwd=place, env=environment, capture_output=True, check=False, timeout=LONGEST
        )
    except subprocess.TimeoutExpired:  # a loop without an end is noticed by everybody
        return TESTS_FAILED
    return run.returncode


def _is_noticed(rule: Rule, places: "Queue[Path]") -> bool | None:
    """Return whether breaking the rule makes its tests fail; None where the rule is not found any more."""
    place = places.get()
    path = place / rule.path
    whole = path.read_text()
    try:
        if rule.right not in whole:
            return None
        path.write_text(whole.replace(rule.right, rule.wrong, 1))
        return _run(place, rule.tests) not in (ENDED_WELL, NO_TESTS)
    finally:
        path.write_text(whole)
        places.put(place)


def main() -> int:
    words = sys.argv[1:]
    rules = [rule for rule in RULES if not words or any(word in rule.name for word in words)]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(AT_ONCE) as pool:
        places: Queue[Path] = Queue()
        for number in range(AT_ONCE):
            places.put(_copy(Path(folder, str(number))))
        results = {}
        for rule, noticed in zip(rules, pool.map(lambda one: _is_noticed(one, places), rules), strict=True):
            results[rule.name] = noticed
            said = {True: "noticed", False: "NOT NOTICED", None: "NOT FOUND"}[noticed]
            print(f"{said:12} {rule.name}", flush=True)
    count = sum(1 for noticed in results.values() if noticed)
    print(f"\n{count} of {len(rules)} broken rules were noticed ({count / max(1, len(rules)):.0%}).")
    return 0 if rules and count >= LEAST * len(rules) else TESTS_FAILED


if __name__ == "__main__":
    sys.exit(main())

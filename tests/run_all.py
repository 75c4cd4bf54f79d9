"""All tests: `make test` calls it. They run in parts side by side, for most of them wait for processes and pages."""

import os
import shutil
import subprocess
import sys
import tempfile
from typing import IO

from crm_invoicing.processes import BASE

PYTEST = (sys.executable, "-m", "pytest", "-q")
# What runs in this very process is measured; real processes and browsers are not.
MEASURED = (sys.executable, "-m", "coverage", "run", "-m", "pytest", "-q")
RULES = ("domain", "gateway", "messages", "project")
BESIDE = {
    "with real processes and browsers": (
        *PYTEST, "tests/brokers", "tests/e2e", "soak", "tests/ui",
    ),
    "rules and commands": (*MEASURED, *(f"tests/{name}" for name in RULES)),
    # None of the product runs in their tests, so nothing of them is measured.
    "the emulators": (*PYTEST, "tests/emulator", "tests/pipedrive_emulator"),
    "once more on PostgreSQL": (sys.executable, "-m", "tests.postgres"),
}  # fmt: skip
ELSEWHERE = {"brokers", "e2e", "emulator", "ui", "mutations", "npm", "pipedrive_emulator", *RULES}


def product_paths() -> list[str]:
    """Return the tests that no part beside runs: whatever is added is run."""
    tests = BASE / "tests"
    folders = [entry for entry in tests.iterdir() if entry.is_dir() and entry.name not in ELSEWHERE]
    return sorted(
        str(entry.relative_to(BASE))
        for entry in [*folders, *tests.glob("test_*.py")]
        if not entry.name.startswith(("_", "."))
    )


def begin(name: str, command: tuple[str, ...]) -> tuple[subprocess.Popen[str], IO[str]]:
    """Start a part with data of its own; what it prints waits until it is over."""
    said = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with this process
    data = "build/test-" + name.rsplit(maxsplit=1)[-1].lower()
    part = subprocess.Popen(
        command, cwd=BASE, env={**os.environ, "DATA_DIR": data}, stdout=said, stderr=said, text=True
    )
    return part, said


def main() -> int:
    shutil.rmtree(BASE / "build/coverage", ignore_errors=True)
    (BASE / "build/coverage").mkdir(parents=True)
    parts = {name: begin(name, command) for name, command in BESIDE.items()}
    try:
        code = subprocess.run(
            [*MEASURED, *product_paths(), *sys.argv[1:]],
            cwd=BASE,
            env={**os.environ, "DATA_DIR": "build/test", "ALL_ADDRESSES": "1"},
            check=False,
        ).returncode
        for part, _said in parts.values():
            part.wait()
    finally:
        for part, _said in parts.values():
            part.kill()
    for name, (_part, said) in parts.items():
        said.seek(0)
        print(f"\n{name[0].upper()}{name[1:]}:", said.read(), sep="\n", flush=True)
    subprocess.run([sys.executable, "-m", "coverage", "combine", "--quiet"], cwd=BASE, check=False)
    total = subprocess.run(
        [sys.executable, "-m", "coverage", "report", "--format=total"],
        cwd=BASE, capture_output=True, text=True, check=False,
    )  # fmt: skip
    print(
        f"Covered by tests in one process: {total.stdout.strip() or '?'} % of the product's lines", flush=True
    )
    return code or next((part.returncode for part, _said in parts.values() if part.returncode), 0)


if __name__ == "__main__":
    sys.exit(main())

"""All tests: `make test` calls it. They run in lanes side by side: most of them need a core, those with browsers wait.

`make coverage` measures what the tests in one process reach; that takes nearly twice the time.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from crm_invoicing.processes import BASE

PYTEST = (sys.executable, "-m", "pytest", "-q")
IS_MEASURED = bool(os.environ.get("COVERAGE"))
# What runs in this very process can be measured; real processes and browsers cannot.
MEASURED = (sys.executable, "-m", "coverage", "run", *PYTEST[1:]) if IS_MEASURED else PYTEST
RULES = ("domain", "gateway", "messages", "project")
INTERRUPTED = 2
ELSEWHERE = {"brokers", "e2e", "emulator", "ui", "mutations", "npm", "pipedrive_emulator", *RULES}


@dataclass(frozen=True)
class Part:
    """A command that runs some of the tests, with data of its own."""

    name: str
    command: tuple[str, ...]


def product_paths() -> list[str]:
    """Return the tests that no part beside runs: whatever is added is run."""
    tests = BASE / "tests"
    folders = [entry for entry in tests.iterdir() if entry.is_dir() and entry.name not in ELSEWHERE]
    return sorted(
        str(entry.relative_to(BASE))
        for entry in [*folders, *tests.glob("test_*.py")]
        if not entry.name.startswith(("_", "."))
    )


def lanes() -> list[list[Part]]:
    """Return what runs one after another, beside the product's own tests, which take longest."""
    browsers = (*PYTEST, "tests/brokers", "tests/e2e", "soak", "tests/ui")
    rules = (*MEASURED, *(f"tests/{name}" for name in RULES))
    # None of the product runs in the emulators' tests, so nothing of them is measured.
    emulators = (*PYTEST, "tests/emulator", "tests/pipedrive_emulator")
    return [
        [Part("with real processes and browsers", browsers)],
        [
            Part("the emulators", emulators),
            Part("rules and commands", rules),
            Part("once more on PostgreSQL", (sys.executable, "-m", "tests.postgres")),
        ],
    ]


def environment(name: str, **more: str) -> dict[str, str]:
    """Return the environment of a part. All processes share compiled modules: a hundred of them are started."""
    env = {**os.environ, "DATA_DIR": f"build/test-{name}", "PYTHONPYCACHEPREFIX": str(BASE / "build/pycache")}
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    return {**env, **more}


def run(lane: list[Part]) -> list[tuple[Part, int, str]]:
    """Run the parts of a lane; returns for each its exit code, and what it printed."""
    done = []
    for part in lane:
        with tempfile.TemporaryFile("w+") as said:
            began = time.monotonic()
            env = environment(part.name.rsplit(maxsplit=1)[-1].lower())
            ended = subprocess.run(part.command, cwd=BASE, env=env, stdout=said, stderr=said, check=False)
            said.seek(0)
            words = f"{said.read()}{time.monotonic() - began:.0f} seconds"
        done.append((part, ended.returncode, words))
        if ended.returncode == INTERRUPTED:
            break
    return done


def report_coverage() -> None:
    """Print how much of the product the measured tests reach."""
    subprocess.run([sys.executable, "-m", "coverage", "combine", "--quiet"], cwd=BASE, check=False)
    total = subprocess.run(
        [sys.executable, "-m", "coverage", "report", "--format=total"],
        cwd=BASE, capture_output=True, text=True, check=False,
    )  # fmt: skip
    print(
        f"Covered by tests in one process: {total.stdout.strip() or '?'} % of the product's lines", flush=True
    )


def main() -> int:
    if IS_MEASURED:
        shutil.rmtree(BASE / "build/coverage", ignore_errors=True)
        (BASE / "build/coverage").mkdir(parents=True)
    beside = lanes()
    with ThreadPoolExecutor(len(beside)) as pool:
        running = [pool.submit(run, lane) for lane in beside]
        code = subprocess.run(
            [*MEASURED, *product_paths(), *sys.argv[1:]],
            cwd=BASE,
            env=environment("product", ALL_ADDRESSES="1"),
            check=False,
        ).returncode
        done = [part for lane in running for part in lane.result()]
    for part, _code, said in done:
        print(f"\n{part.name[0].upper()}{part.name[1:]}:", said, sep="\n", flush=True)
    if IS_MEASURED:
        report_coverage()
    return code or next((failed for _part, failed, _said in done if failed), 0)


if __name__ == "__main__":
    sys.exit(main())

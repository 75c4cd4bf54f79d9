"""Runs the database-sensitive tests once more on PostgreSQL; `make test` calls it after the rest."""

import os
import subprocess
import sys

from .servers import CHECKOUT, POSTGRES_URL, postgres_answers

# What reads and writes rows. Pure rules, pages' looks and the QuickBooks emulator know no database.
# Tests of what the form says read and write nothing that the others do not.
SAID = (
    *("companies", "consent_proof", "digits", "honest_form", "invoice_form", "person_limit", "taken_names"),
    *("call_budget", "conversion", "generated", "invoice_depth", "mapping_depth"),
    *("deal_changes", "wrong_input"),
)
PATHS = [
    "tests/bridge",
    *(f"--ignore=tests/bridge/test_{name}.py" for name in SAID),
    "tests/deals",
    "tests/api/test_push.py",
    "tests/embed/test_door.py",
    "tests/people/test_erasure.py",
    "tests/pipedrive",
    "tests/project/test_commands.py",
    "tests/project/test_health_and_logs.py",
]


def main() -> int:
    if not postgres_answers():
        print("PostgreSQL: no server answers; name one with TEST_POSTGRES_URL.")
        return 1 if os.environ.get("CI") else 0
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--create-db", *PATHS],
        env={**os.environ, "DATABASE_URL": f"{POSTGRES_URL.rpartition('/')[0]}/{CHECKOUT}"},
        check=False,
    ).returncode


if __name__ == "__main__":
    sys.exit(main())

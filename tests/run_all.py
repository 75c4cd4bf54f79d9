"""All tests: `make test` calls it. What runs again on PostgreSQL runs beside the rest, which mostly waits for processes and pages."""

import os
import subprocess
import sys
import tempfile

from crm_invoicing.processes import BASE


def main() -> int:
    beside = dict(os.environ, DATA_DIR="build/test-postgres")
    with tempfile.TemporaryFile("w+") as said:
        again = subprocess.Popen(
            [sys.executable, "-m", "tests.postgres"], cwd=BASE, env=beside, stdout=said, stderr=said
        )
        try:
            code = subprocess.run(
                [sys.executable, "-m", "pytest", "-q", *sys.argv[1:]],
                cwd=BASE,
                env=dict(os.environ, DATA_DIR="build/test"),
                check=False,
            ).returncode
            again.wait()
        finally:
            again.kill()
        said.seek(0)
        print("\nOnce more on PostgreSQL:", said.read(), sep="\n", flush=True)
    return code or again.returncode


if __name__ == "__main__":
    sys.exit(main())

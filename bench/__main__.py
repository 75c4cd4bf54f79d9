"""Runs every bench, one after the other; ends with the first promise that is broken."""

import os
import subprocess
import sys

PARTS = ("overview", "scale", "first_paint", "reads", "news", "long_run")


def main() -> int:
    """Run all parts, or those named on the command line."""
    for part in sys.argv[1:] or PARTS:
        environment = {**os.environ, "DATA_DIR": os.environ.get("DATA_DIR", "build/bench")}
        if code := subprocess.run(
            [sys.executable, "-m", f"bench.{part}"], env=environment, check=False
        ).returncode:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Runs the database-sensitive tests once more on PostgreSQL; `make test` calls it after the rest."""

import os
import subprocess
import sys

import psycopg

DEFAULT = "postgres://postgres@127.0.0.1:5432/postgres"


def main() -> int:
    url = os.environ.get("TEST_POSTGRES_URL", DEFAULT)
    try:
        psycopg.connect(url, connect_timeout=3).close()
    except psycopg.OperationalError:
        print("PostgreSQL: no server answers; name one with TEST_POSTGRES_URL.")
        return 1 if os.environ.get("CI") else 0
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "tests/bridge"],
        env={**os.environ, "DATABASE_URL": url},
        check=False,
    ).returncode


if __name__ == "__main__":
    sys.exit(main())

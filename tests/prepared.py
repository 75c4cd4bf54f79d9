"""A database that the migrations made once: the tests' own and those of installations they start begin as its copies.

Applying all migrations takes a quarter of a minute of one core, and every part of `make test` needs a database or more.
"""

import fcntl
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from crm_invoicing.processes import BASE

# Copies of the project can share a folder; whoever names one clears it away.
SHARED = os.environ.get("PREPARED_DATABASES")
FOLDER = Path(SHARED or BASE / "build/prepared")
# Content types are written after the migrations, by the models.
MADE_OF = ("*/migrations/*.py", "*/models/*.py", "*/models.py", "crm_invoicing/*settings.py")


def fingerprint() -> str:
    """Return a name for what the migrations make: another one when any of them, a model or Django changes."""
    digest = hashlib.sha256(version("django").encode())
    for path in sorted({path for pattern in MADE_OF for path in BASE.glob(pattern)}):
        digest.update(f"\0{path.relative_to(BASE)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _make(path: Path) -> None:
    """Apply all migrations to a new file and put it at `path` when it is whole."""
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        made, whole = Path(folder, "db.sqlite3"), Path(folder, "whole.sqlite3")
        env = {**os.environ, "DATA_DIR": folder, "DATABASE_URL": f"sqlite:///{made}", "REDIS_URL": ""}
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=BASE, env=env, check=True)
        connection = sqlite3.connect(made)
        connection.execute("vacuum into ?", (str(whole),))
        connection.close()
        whole.rename(path)


def prepared() -> Path:
    """Return the file of the prepared SQLite database; the first that asks makes it, the others wait."""
    path = FOLDER / f"{fingerprint()}.sqlite3"
    if not path.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        with (FOLDER / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not path.exists():
                for old in () if SHARED else FOLDER.glob("*.sqlite3"):
                    old.unlink()
                _make(path)
    return path


def put_prepared(target: Path) -> None:
    """Put a copy of the prepared database at `target`, in place of what is there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    for ending in ("", "-wal", "-shm"):
        target.with_name(target.name + ending).unlink(missing_ok=True)
    shutil.copyfile(prepared(), target)

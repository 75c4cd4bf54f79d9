"""The embedded database and all beside it belong to one user of the machine, and nobody else reads them."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

UMASK = 0o077
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def keep_private(folder: Path) -> None:
    """Make what this process and its children write private from now on, and repair what lies in `folder` already."""
    os.umask(UMASK)
    if not folder.exists():
        folder.mkdir(parents=True, mode=0o700)
    for path in readable_by_others(folder):
        path.chmod(0o700 if path.is_dir() else 0o600)


def readable_by_others(folder: Path) -> Iterator[Path]:
    """Return the folder and the files in it that other users of the machine may open; links are left alone."""
    for path in (folder, *sorted(folder.rglob("*"))):
        try:
            mode = path.lstat().st_mode
        except FileNotFoundError:  # a file of SQLite's that just ended
            continue
        if not stat.S_ISLNK(mode) and mode & OTHERS:
            yield path

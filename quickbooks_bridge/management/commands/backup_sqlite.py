"""Copy the embedded database while it is being written."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    """Write one whole, checked file; everybody goes on working meanwhile."""

    help = "Copy the embedded database into one file while the installation runs. Keep secrets.json elsewhere: it opens the tokens."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file to write."""
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Copy, check, and only then give the file its name."""
        if not settings.IS_SQLITE:
            raise CommandError("The data is in PostgreSQL: take its own pg_dump.")
        source, target = Path(settings.DATABASES["default"]["NAME"]), options["file"].absolute()
        if not source.exists():
            raise CommandError(f"There is no database at {source} yet.")
        if target == source.absolute():
            raise CommandError("That is the database itself; name another file.")
        part = target.with_name(f"{target.name}.part")
        try:
            part.unlink(missing_ok=True)
            # It holds people's data: nobody else reads it.
            os.close(os.open(part, os.O_CREAT | os.O_WRONLY, 0o600))
            problem = _copy(source, part)
            if problem == "ok":
                part.replace(target)
        except (OSError, sqlite3.Error) as error:
            part.unlink(missing_ok=True)
            raise CommandError(f"Not written: {error}. An older file of that name is as it was.") from error
        if problem != "ok":
            part.unlink(missing_ok=True)
            raise CommandError(f"The copy is damaged ({problem}). An older file of that name is as it was.")
        self.stdout.write(f"{target}: {target.stat().st_size // 1024} KiB, checked")
        self.stdout.write(
            "It holds no key. Back up secrets.json too, in another place: whoever has both can read the QuickBooks tokens."
        )


def _copy(source: Path, part: Path) -> str:
    """Copy page by page and give what SQLite says of the copy, "ok" when it is whole."""
    live = sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True, timeout=20)
    with closing(live), closing(sqlite3.connect(part)) as copy:
        live.backup(copy)
        # One file, not three: whoever restores it moves one.
        copy.execute("PRAGMA journal_mode=DELETE")
        return str(copy.execute("PRAGMA integrity_check").fetchone()[0])

"""How the web process of one machine wakes its worker: a file beside the database that is touched.

Nothing hangs on it: where it cannot be written, or the worker is elsewhere, the sweep of the next second finds the rows.
"""

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path

from django.conf import settings

LOOK_EVERY = 0.1


def _path() -> Path:
    return Path(settings.DATA_DIR) / "wake"


def ring() -> None:
    """Wake the worker."""
    with contextlib.suppress(OSError):
        _path().touch()


def listen(woken: Callable[[], object], over: threading.Event) -> None:
    """Call `woken` soon after each ring, once for several at a time, until `over` is set."""
    known = _rung_at()
    while not over.wait(LOOK_EVERY):
        if (now := _rung_at()) != known:
            known = now
            woken()


def _rung_at() -> int:
    try:
        return _path().stat().st_mtime_ns
    except OSError:
        return 0

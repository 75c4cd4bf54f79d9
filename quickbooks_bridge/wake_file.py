"""How the web process of one machine wakes its worker: a file beside the database that is touched.

Nothing hangs on it: where it cannot be written, or the worker is elsewhere, the sweep of the next second finds the rows.
"""

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path

from django.conf import settings

LOOK_EVERY = 0.1
# A worker that was woken sleeps on for so many seconds, so that a burst does not make it run without end.
PAUSE = 0.4


def _path() -> Path:
    return Path(settings.DATA_DIR) / "wake"


def ring() -> None:
    """Wake the worker."""
    with contextlib.suppress(OSError):
        _path().touch()


def listen(woken: Callable[[], object], over: threading.Event) -> None:
    """Call `woken` soon after each ring, once for those of a burst, until `over` is set."""
    known = _rung_at()
    while not over.wait(LOOK_EVERY):
        if (now := _rung_at()) != known:
            known = now
            woken()
            over.wait(PAUSE)


def _rung_at() -> int:
    try:
        return _path().stat().st_mtime_ns
    except OSError:
        return 0

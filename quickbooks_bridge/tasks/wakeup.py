"""How the web process of one machine notifies its worker: a file beside the database that is touched.

Nothing hangs on it: where it cannot be written, or the worker is elsewhere, the dispatch of the next second finds the rows.
"""

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path

from django.conf import settings

CHECK_INTERVAL = 0.1
# A worker that was notified sleeps on for so many seconds, so that a burst does not make it run without end.
REST = 0.4


def _path() -> Path:
    return Path(settings.DATA_DIR) / "wake"


def notify() -> None:
    """Wake the worker."""
    with contextlib.suppress(OSError):
        _path().touch()


def watch(on_notify: Callable[[], object], over: threading.Event) -> None:
    """Call `on_notify` soon after each notification, once for those of a burst, until `over` is set."""
    known = _rung_at()
    while not over.wait(CHECK_INTERVAL):
        if (now := _rung_at()) != known:
            known = now
            on_notify()
            over.wait(REST)


def _rung_at() -> int:
    try:
        return _path().stat().st_mtime_ns
    except OSError:
        return 0

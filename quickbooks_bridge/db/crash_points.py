"""Labelled places where a process can be made to die, for proving that nothing is lost there; off unless CRASH_AT names one."""

import os
import random
import signal


def _wanted(text: str) -> dict[str, float]:
    """Read `label` or `label:chance`, several parted by commas."""
    pairs = (entry.strip().partition(":") for entry in text.split(",") if entry.strip())
    return {label: float(chance or 1) for label, _colon, chance in pairs}


_WANTED = _wanted(os.environ.get("CRASH_AT", ""))


def crash_point(label: str) -> None:
    """End this process at once, as a power cut would, when CRASH_AT asks for it here."""
    if _WANTED and random.random() < _WANTED.get(label, 0):  # noqa: S311 - not a secret
        os.kill(os.getpid(), signal.SIGKILL)

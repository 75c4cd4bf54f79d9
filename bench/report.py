"""Figures of the benches beside what was promised, and the one table that shows them."""

import os
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One measured figure beside what it may be at most; None when nothing is promised of it.

    `is_timed` ones depend on what else the machine does, and are not judged where others keep it busy.
    """

    what: str
    value: float
    limit: float | None = None
    is_timed: bool = False

    @property
    def is_kept(self) -> bool:
        return self.limit is None or self.value <= self.limit


def show(title: str, figures: Sequence[Figure]) -> list[str]:
    """Print a table and give what is broken."""
    is_busy = os.getloadavg()[0] > (os.cpu_count() or 1) + 2
    print(f"\n{title:<72}{'measured':>10}{'at most':>10}")
    broken = []
    for figure in figures:
        word = ""
        if not figure.is_kept:
            is_excused = figure.is_timed and is_busy
            word = "   not judged: others keep this machine busy" if is_excused else "   BROKEN"
            broken += [] if is_excused else [figure.what.strip()]
        most = f"{figure.limit:>10g}" if figure.limit is not None else ""
        print(f"{figure.what:<72}{figure.value:>10.2f}{most}{word}", flush=True)
    return broken

"""Figures of the benches beside what was promised, and the one table that shows them."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One measured figure beside what it may be at most."""

    what: str
    value: float
    limit: float

    @property
    def is_kept(self) -> bool:
        return self.value <= self.limit


def show(title: str, figures: Sequence[Figure]) -> None:
    print(f"\n{title:<64}{'measured':>10}{'at most':>10}")
    for figure in figures:
        broken = "" if figure.is_kept else "   BROKEN"
        print(f"{figure.what:<64}{figure.value:>10.2f}{figure.limit:>10g}{broken}")

"""How long answers take, so that a client that asks one thing after another is as slow as in life."""

from __future__ import annotations

from dataclasses import dataclass

# Genuine reads take about 220 ms; the others are estimates beside it.
AS_IN_LIFE = {"read": 220, "query": 260, "cdc": 300, "write": 550, "send": 900, "pdf": 900, "batch": 1200}


@dataclass
class Latency:
    """Milliseconds an answer is held back, by kind of operation; all zero unless asked for."""

    read: int = 0
    query: int = 0
    cdc: int = 0
    write: int = 0
    send: int = 0
    pdf: int = 0
    batch: int = 0

    def seconds(self, operation: str) -> float:
        """Return the wait of an operation by its name in the request log, such as `invoice.create`."""
        verb = operation.rpartition(".")[2]
        kind = verb if verb in AS_IN_LIFE else "write"
        return float(getattr(self, kind)) / 1000

    def change(self, name: str, value: int) -> None:
        """Set one kind (ValueError for a kind that is not there, or a time out of range)."""
        if name not in AS_IN_LIFE:
            raise ValueError(f"there is no latency called {name}; there are {', '.join(AS_IN_LIFE)}")
        if not 0 <= value <= 60_000:
            raise ValueError("a latency is between 0 and 60000 milliseconds")
        setattr(self, name, value)

    def as_in_life(self, *, on: bool) -> None:
        for name, value in AS_IN_LIFE.items():
            setattr(self, name, value if on else 0)

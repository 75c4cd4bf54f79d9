"""Ids and secrets that are random, or the same on every run when a seed is given."""

from __future__ import annotations

import hashlib
import secrets
import uuid


class Entropy:
    """A repeatable stream of unguessable-looking texts."""

    def __init__(self, *, seed: str | None = None, drawn: int = 0) -> None:
        self.seed = seed if seed is not None else secrets.token_hex(16)
        self.drawn = drawn

    def hex(self, length: int) -> str:
        """`length` hexadecimal digits, at most 64."""
        self.drawn += 1
        return hashlib.sha256(f"{self.seed}/{self.drawn}".encode()).hexdigest()[:length]

    def token(self, prefix: str, length: int = 40) -> str:
        """`prefix` followed by `length` hexadecimal digits, at most 64."""
        return prefix + self.hex(length)

    def uuid(self) -> str:
        return str(uuid.UUID(self.hex(32)))

    def fraction(self) -> float:
        """A number from 0 up to 1, for probabilities."""
        return int(self.hex(8), 16) / 0x1_0000_0000

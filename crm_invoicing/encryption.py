"""Encryption of tokens at rest: Fernet, with a list of keys so that they can be rotated while running."""

from collections.abc import Sequence
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class UnreadableToken(Exception):
    """None of the keys opens the value, or there is no value."""


@lru_cache(maxsize=8)
def _box(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key.encode()) for key in keys])


def encrypt(text: str, *, keys: Sequence[str]) -> str:
    """Return `text` sealed with the first key."""
    return _box(tuple(keys)).encrypt(text.encode()).decode()


def decrypt(token: str, *, keys: Sequence[str]) -> str:
    """Open what `encrypt` gave with any of the keys; raises UnreadableToken."""
    try:
        return _box(tuple(keys)).decrypt(token.encode()).decode()
    except (InvalidToken, ValueError) as error:
        raise UnreadableToken from error

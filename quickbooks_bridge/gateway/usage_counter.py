"""Counting of successful calls until they are written down: by company, day, purpose, read or write."""

import threading
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from redis.exceptions import RedisError

COUNTS = "qb:counts"
_DRAIN = """
if ARGV[1] ~= '0' and not redis.call('SET', KEYS[2], 1, 'NX', 'EX', ARGV[1]) then return {} end
local all = redis.call('HGETALL', KEYS[1]); redis.call('DEL', KEYS[1])
return all
"""
_lock = threading.Lock()
_here: Counter[str] = Counter()


def call_key(company_id: int, *, interactive: bool, is_write: bool, at: datetime) -> str:
    """Return under what a call is counted; QuickBooks' months are those of UTC as far as anybody knows."""
    purpose = "person" if interactive else "background"
    what = "writes" if is_write else "reads"
    return f"{company_id}|{at.astimezone(UTC).date().isoformat()}|{purpose}|{what}"


def count_here(key: str, times: int = 1) -> None:
    """Count in this process."""
    with _lock:
        _here[key] += times


def is_any_here() -> bool:
    """Return whether this process counted anything since it was written down."""
    return bool(_here)


def drain_here() -> dict[str, int]:
    """Return what this process counted and begin anew."""
    with _lock:
        found = dict(_here)
        _here.clear()
    return found


def drain_shared(client: Any, *, every: int) -> dict[str, int]:
    """Return what all processes counted and begin anew; nothing when that was done less than `every` seconds ago."""
    try:
        flat = client.eval(_DRAIN, 2, COUNTS, "qb:counts:drained", every)
    except RedisError:
        return {}
    return {flat[at].decode(): int(flat[at + 1]) for at in range(0, len(flat), 2)}


def give_back(counts: Mapping[str, int]) -> None:
    """Keep what could not be written down, for the next time."""
    for key, times in counts.items():
        count_here(key, times)

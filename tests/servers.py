"""The servers that a part of the tests needs: a missing one is a failure in CI, elsewhere a skip with its reason."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn
from zlib import crc32

import psycopg
import pytest
import redis

POSTGRES_URL = os.environ.get("TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")
REDIS_SERVER = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379").rstrip("/")
# A claim that nobody gave back ends by itself.
CLAIMED_SECONDS = 1800
# Other checkouts on this machine run their tests at the same time.
CHECKOUT = f"checkout_{crc32(str(Path(__file__).resolve()).encode()):08x}"


def missing(what: str, variable: str) -> NoReturn:
    """Skip, or fail where all servers are to be there."""
    reason = f"no {what} answers; name one with {variable}"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def redis_database() -> Iterator[str]:
    """Return the address of one of Redis' databases, emptied, that no other run of tests uses meanwhile."""
    server = redis.Redis.from_url(f"{REDIS_SERVER}/0", socket_connect_timeout=2)
    try:
        server.ping()
    except redis.RedisError:
        missing("Redis", "TEST_REDIS_URL")
    for number in range(1, 16):
        claim = f"crm-invoicing-tests:{number}"
        if server.set(claim, os.getpid(), nx=True, ex=CLAIMED_SECONDS):
            break
    else:
        missing("free database of Redis", "TEST_REDIS_URL")
    url = f"{REDIS_SERVER}/{number}"
    try:
        redis.Redis.from_url(url).flushdb()
        yield url
    finally:
        redis.Redis.from_url(url).flushdb()
        server.delete(claim)


def postgres_answers() -> bool:
    try:
        psycopg.connect(POSTGRES_URL, connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True

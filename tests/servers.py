"""The servers that a part of the tests needs: a missing one is a failure in CI, elsewhere a skip with its reason."""

import os
from pathlib import Path
from typing import NoReturn
from zlib import crc32

import psycopg
import pytest
import redis

POSTGRES_URL = os.environ.get("TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")
# One of Redis' sixteen databases, another for each checkout: it is emptied.
_NUMBER = 1 + crc32(str(Path(__file__).resolve()).encode()) % 15
REDIS_URL = os.environ.get("TEST_REDIS_URL", f"redis://127.0.0.1:6379/{_NUMBER}")


def missing(what: str, variable: str) -> NoReturn:
    """Skip, or fail where all servers are to be there."""
    reason = f"no {what} answers; name one with {variable}"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def need_redis() -> "redis.Redis":
    """Give a client of an emptied database."""
    client = redis.Redis.from_url(REDIS_URL, socket_connect_timeout=2)
    try:
        client.ping()
    except redis.RedisError:
        missing("Redis", "TEST_REDIS_URL")
    client.flushdb()
    return client


def postgres_answers() -> bool:
    try:
        psycopg.connect(POSTGRES_URL, connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True

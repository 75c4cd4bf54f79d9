"""The servers that a part of the tests needs: a missing one is a failure in CI, elsewhere a skip with its reason."""

import os
from typing import NoReturn

import psycopg
import pytest
import redis

POSTGRES_URL = os.environ.get("TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")
# A database of its own among Redis' sixteen: it is emptied.
REDIS_URL = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/13")


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

"""QuickBooks' limits kept by one process alone and by several through Redis."""

import subprocess
import sys
import time
from contextlib import ExitStack

import pytest
from redis import Redis

from quickbooks_bridge.gateway import usage_counter
from quickbooks_bridge.gateway.errors import Throttled
from quickbooks_bridge.gateway.rate_limiter import (
    BACKGROUND_MAX_CONCURRENT,
    BACKGROUND_PER_MINUTE,
    MAX_CONCURRENT,
    PER_MINUTE,
    LocalLimiter,
    RedisLimiter,
    Usage,
)
from tests.servers import redis_database


class Clock:
    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at

    def wait(self, seconds: float) -> None:
        self.at += seconds


@pytest.fixture
def redis_url():
    with redis_database() as url:
        yield url


@pytest.fixture(params=["alone", "shared"])
def limiter(request):
    if request.param == "alone":
        return LocalLimiter(clock=Clock(), wait=lambda seconds: None)
    return RedisLimiter(Redis.from_url(request.getfixturevalue("redis_url")))


def takes(limiter, realm="1", *, interactive=True, timeout=0.0) -> bool:
    try:
        with limiter.acquire(realm, interactive=interactive, timeout=timeout):
            return True
    except Throttled:
        return False


def test_people_get_a_place_when_background_work_holds_all_of_its_own(limiter):
    with ExitStack() as held:
        for _number in range(BACKGROUND_MAX_CONCURRENT):
            held.enter_context(limiter.acquire("1", interactive=False, timeout=0))
        assert not takes(limiter, interactive=False)
        for _number in range(MAX_CONCURRENT - BACKGROUND_MAX_CONCURRENT):
            held.enter_context(limiter.acquire("1", interactive=True, timeout=0))
        assert not takes(limiter)


def test_a_pause_holds_back_that_company_only(limiter):
    limiter.block("1", seconds=60)
    assert not takes(limiter, "1")
    assert takes(limiter, "2")


def test_a_minute_leaves_people_a_share():
    clock = Clock()
    limiter = LocalLimiter(clock=clock, wait=clock.wait)
    given = 0
    while clock.at < 1055 and takes(limiter, interactive=False, timeout=1.0):
        given += 1
    assert given == BACKGROUND_PER_MINUTE
    while clock.at < 1059 and given < PER_MINUTE and takes(limiter, timeout=1.5):
        given += 1
    assert given > BACKGROUND_PER_MINUTE + 10


def test_several_processes_share_one_company_and_one_count(redis_url):
    client = Redis.from_url(redis_url)
    script = (
        "import sys,time\nfrom redis import Redis\n"
        "from quickbooks_bridge.gateway.rate_limiter import RedisLimiter\n"
        "from quickbooks_bridge.gateway.errors import Throttled\n"
        "limiter = RedisLimiter(Redis.from_url(sys.argv[1])); given = 0\n"
        "sys.stdin.readline()\n"
        "for _ in range(8):\n"
        "    try:\n"
        "        with limiter.acquire('9', interactive=True, timeout=0) as permit: permit.counted = 'k'; given += 1\n"
        "    except Throttled: pass\n"
        "print(given)\n"
    )
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", script, redis_url],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for _number in range(3)
    ]  # fmt: skip
    started = time.monotonic()
    given = sum(int(worker.communicate("\n")[0]) for worker in workers)
    # Eight in any one second, however many seconds the processes took to start.
    assert 8 <= given <= 8 * (1 + int(time.monotonic() - started) + 1)
    assert usage_counter.drain_shared(client, every=0) == {"k": given}
    assert usage_counter.drain_shared(client, every=0) == {}


def test_counts_are_taken_at_most_once_in_a_while(redis_url):
    client = Redis.from_url(redis_url)
    client.hincrby(usage_counter.COUNTS, "k", 3)
    assert usage_counter.drain_shared(client, every=55) == {"k": 3}
    client.hincrby(usage_counter.COUNTS, "k", 2)
    assert usage_counter.drain_shared(client, every=55) == {}
    assert usage_counter.drain_shared(client, every=0) == {"k": 2}


def test_what_is_running_and_was_called_is_told_for_all_processes(redis_url):
    one, other = (RedisLimiter(Redis.from_url(redis_url)) for _process in range(2))
    assert one.usage("1") == Usage(0, 0)
    with one.acquire("1", interactive=True, timeout=0):
        assert takes(other)
        assert takes(other, realm="2")
        assert other.usage("1") == Usage(2, 1)
    assert one.usage("1") == Usage(2, 0)


def test_usage_is_not_told_where_processes_count_apart_or_redis_is_away():
    assert LocalLimiter().usage("1") is None
    assert RedisLimiter(Redis.from_url("redis://127.0.0.1:1")).usage("1") is None


@pytest.fixture
def shared(redis_url):
    return Redis.from_url(redis_url)


def test_turns_of_many_companies_are_taken_and_given_back_in_one_round_trip_each(shared, monkeypatch):
    limiter = RedisLimiter(shared)
    limiter.block("9", seconds=60)
    pipelines: list[int] = []
    real = shared.pipeline
    monkeypatch.setattr(shared, "pipeline", lambda **more: (pipelines.append(1), real(**more))[1])
    took = limiter.acquire_batch([str(number) for number in range(1, 10)])
    assert len(pipelines) == 1
    assert [limiter.usage(realm).running for realm in ("1", "8", "9")] == [1, 1, 0]
    pipelines.clear()
    for realm in range(1, 9):
        with took.acquire(str(realm), interactive=False, timeout=0) as permit:
            permit.counted = "1|r|2026-03-17|background|reads"
    assert not pipelines
    assert not takes(took, "9", interactive=False), "who got none waits like anybody"
    took.release()
    assert len(pipelines) == 1
    assert [limiter.usage(realm).running for realm in ("1", "8")] == [0, 0]
    assert usage_counter.drain_shared(shared, every=0) == {"1|r|2026-03-17|background|reads": 8}


def test_a_turn_that_was_taken_serves_once(shared):
    limiter = RedisLimiter(shared)
    took = limiter.acquire_batch(["1"])
    with took.acquire("1", interactive=False, timeout=0), took.acquire("1", interactive=False, timeout=0):
        assert limiter.usage("1").running == 2
    took.release()
    assert limiter.usage("1").running == 0


def test_many_turns_without_redis_are_kept_alone_and_counted_here():
    limiter = RedisLimiter(Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=0.2, retry=None))
    usage_counter.drain_here()
    took = limiter.acquire_batch(["1"])
    with took.acquire("1", interactive=False, timeout=0) as permit:
        permit.counted = "1|r|2026-03-17|background|reads"
    took.release()
    assert usage_counter.drain_here() == {"1|r|2026-03-17|background|reads": 1}

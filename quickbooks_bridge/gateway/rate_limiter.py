"""QuickBooks' limits, kept before QuickBooks keeps them: per company 8 calls a second, 400 a minute, 8 at once.

People's calls go first: background work may use at most 300 of the 400, and 6 of the 8 at once and a second.
"""

import logging
import threading
import time
import uuid
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from redis import Redis
from redis.exceptions import RedisError

from quickbooks_bridge.domain.problem_codes import ProblemCode

from . import usage_counter
from .errors import Throttled

logger = logging.getLogger(__name__)

PER_SECOND = 8
PER_MINUTE = 400
BACKGROUND_PER_MINUTE = 300
MAX_CONCURRENT = 8
BACKGROUND_MAX_CONCURRENT = 6
BACKGROUND_PER_SECOND = 6
STEP = 0.05
# What QuickBooks itself allows a company.
ALLOWED_PER_MINUTE, ALLOWED_AT_ONCE = 500, 10


class Permit:
    """A permission to call; `counted` is the key of gateway/usage_counter.py under which a call that went well counts."""

    counted = ""


@dataclass(frozen=True)
class Usage:
    """What a company's calls come to at this moment."""

    in_minute: int
    running: int


class Limiter(Protocol):
    """Permits a company's calls."""

    def acquire(self, realm_id: str, *, interactive: bool, timeout: float) -> AbstractContextManager[Permit]:
        """Wait for a permit, at most `timeout` seconds; raises Throttled."""

    def block(self, realm_id: str, *, seconds: float) -> None:
        """Return nobody a turn for a while: QuickBooks asked for it."""

    def usage(self, realm_id: str) -> Usage | None:
        """Return the company's calls of all processes, None where no process knows of the others'."""

    def acquire_batch(self, realm_ids: Sequence[str]) -> "LimiterForMany":
        """Return the limiter of one background call to each of many companies."""


class LimiterForMany(Limiter, Protocol):
    """A limiter whose turns were taken together; they are given back together, too."""

    def release(self) -> None:
        """Return back what has ended since the last time."""


class LocalLimiter:
    """The limits of one process, enough where one worker and one web process share a company."""

    def __init__(
        self, *, clock: Callable[[], float] = time.monotonic, wait: Callable[[float], None] = time.sleep
    ) -> None:
        self._clock, self._wait = clock, wait
        self._lock = threading.Lock()
        self._calls: dict[str, deque[float]] = defaultdict(deque)
        self._running: dict[str, int] = defaultdict(int)
        self._blocked: dict[str, float] = {}

    @contextmanager
    def acquire(self, realm_id: str, *, interactive: bool, timeout: float) -> Iterator[Permit]:
        """Wait for a permit within this process."""
        until = self._clock() + timeout
        while not self._take(realm_id, interactive):
            if self._clock() >= until:
                raise Throttled("own_limit", problem_code=ProblemCode.THROTTLED)
            self._wait(STEP)
        permit = Permit()
        try:
            yield permit
        finally:
            with self._lock:
                self._running[realm_id] -= 1
            if permit.counted:
                usage_counter.count_here(permit.counted)

    def block(self, realm_id: str, *, seconds: float) -> None:
        """Hold the company back for `seconds`."""
        with self._lock:
            self._blocked[realm_id] = self._clock() + seconds

    def usage(self, realm_id: str) -> Usage | None:
        """Return nothing: web and worker process count apart."""
        return None

    def acquire_batch(self, realm_ids: Sequence[str]) -> LimiterForMany:
        """Return itself: within a process a turn costs no round trip."""
        return self

    def release(self) -> None:
        """Do nothing: every permit is released when its call ends."""

    def _take(self, realm_id: str, interactive: bool) -> bool:
        with self._lock:
            now = self._clock()
            calls = self._calls[realm_id]
            while calls and calls[0] <= now - 60:
                calls.popleft()
            in_second = sum(1 for at in reversed(calls) if at > now - 1)
            a_minute, a_second, at_once = _limits(interactive)
            if (
                self._blocked.get(realm_id, 0) > now
                or len(calls) >= a_minute
                or in_second >= a_second
                or self._running[realm_id] >= at_once
            ):
                return False
            calls.append(now)
            self._running[realm_id] += 1
            return True


def _limits(interactive: bool) -> tuple[int, int, int]:
    """Return calls a minute, a second and at once."""
    if interactive:
        return PER_MINUTE, PER_SECOND, MAX_CONCURRENT
    return BACKGROUND_PER_MINUTE, min(PER_SECOND, BACKGROUND_PER_SECOND), BACKGROUND_MAX_CONCURRENT


_TAKE = """
local t = redis.call('TIME'); local now = t[1] + t[2] / 1000000
if redis.call('EXISTS', KEYS[3]) == 1 then return 0 end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - 60)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[1]) then return 0 end
if redis.call('ZCOUNT', KEYS[1], now - 1, '+inf') >= tonumber(ARGV[2]) then return 0 end
if redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[3]) then return 0 end
redis.call('ZADD', KEYS[1], now, ARGV[4]); redis.call('EXPIRE', KEYS[1], 61)
redis.call('ZADD', KEYS[2], now + 130, ARGV[4]); redis.call('EXPIRE', KEYS[2], 131)
return 1
"""


class _TakenPermits:
    """Background turns of many companies, taken from Redis in one round trip; who got none waits for one as usual."""

    def __init__(self, limiter: "RedisLimiter", redis: Any, members: dict[str, str]) -> None:
        self._limiter, self._redis, self._members = limiter, redis, members
        self._lock = threading.Lock()
        self._ended: list[tuple[str, str, str]] = []

    @contextmanager
    def acquire(self, realm_id: str, *, interactive: bool, timeout: float) -> Iterator[Permit]:
        """Return the turn that was taken, once; any other is waited for."""
        with self._lock:
            member = self._members.pop(realm_id, "")
        if not member:
            with self._limiter.acquire(realm_id, interactive=interactive, timeout=timeout) as permit:
                yield permit
            return
        permit = Permit()
        try:
            yield permit
        finally:
            with self._lock:
                self._ended.append((realm_id, member, permit.counted))

    def block(self, realm_id: str, *, seconds: float) -> None:
        """Hold the company back."""
        self._limiter.block(realm_id, seconds=seconds)

    def usage(self, realm_id: str) -> Usage | None:
        """Return what all processes count."""
        return self._limiter.usage(realm_id)

    def acquire_batch(self, realm_ids: Sequence[str]) -> LimiterForMany:
        """Take other turns."""
        return self._limiter.acquire_batch(realm_ids)

    def release(self) -> None:
        """Return back places whose calls have ended, and count those calls, in one round trip."""
        with self._lock:
            ended, self._ended = self._ended, []
        counts = Counter(counted for _realm, _member, counted in ended if counted)
        if not ended:
            return
        try:
            with self._redis.pipeline(transaction=False) as pipe:
                for realm_id, member, _counted in ended:
                    pipe.zrem(_keys(realm_id)[1], member)
                for counted, times in counts.items():
                    pipe.hincrby(usage_counter.COUNTS, counted, times)
                pipe.execute()
        except RedisError:  # the places run out by themselves
            usage_counter.give_back(counts)


def _keys(realm_id: str) -> list[str]:
    return [f"qb:{{{realm_id}}}:{part}" for part in ("calls", "running", "blocked")]


class RedisLimiter:
    """The same limits for all processes of an installation. A killed process' place runs out after 130 s.

    While Redis does not answer each process keeps the limits by itself: people go on working, and QuickBooks' own
    limits are the ones that might then be met.
    """

    def __init__(self, client: Any, *, wait: Callable[[float], None] = time.sleep) -> None:
        self._redis, self._wait = client, wait
        self._script = client.register_script(_TAKE)
        self._alone = LocalLimiter(wait=wait)

    @contextmanager
    def acquire(self, realm_id: str, *, interactive: bool, timeout: float) -> Iterator[Permit]:
        """Wait for a permit among all processes."""
        keys = _keys(realm_id)
        member = uuid.uuid4().hex
        try:
            self._take(keys, member, interactive=interactive, timeout=timeout)
        except RedisError as error:
            logger.warning("limits kept alone: Redis does not answer", extra={"kind": type(error).__name__})
            with self._alone.acquire(realm_id, interactive=interactive, timeout=timeout) as permit:
                yield permit
            return
        permit = Permit()
        try:
            yield permit
        finally:
            self._end(keys[1], member, permit.counted)

    def block(self, realm_id: str, *, seconds: float) -> None:
        """Hold the company back for `seconds` in all processes."""
        self._alone.block(realm_id, seconds=seconds)
        with suppress(RedisError):
            self._redis.set(f"qb:{{{realm_id}}}:blocked", 1, px=int(seconds * 1000))

    def acquire_batch(self, realm_ids: Sequence[str]) -> LimiterForMany:
        """Take a background permit of each company in one round trip, without waiting for those that have none."""
        members = {realm_id: uuid.uuid4().hex for realm_id in realm_ids}
        try:
            with self._redis.pipeline(transaction=False) as pipe:
                for realm_id, member in members.items():
                    self._script(keys=_keys(realm_id), args=[*_limits(False), member], client=pipe)
                given = pipe.execute()
        except RedisError:  # each asks for its own, and says that Redis does not answer
            return _TakenPermits(self, self._redis, {})
        taken = {realm: member for (realm, member), ok in zip(members.items(), given, strict=True) if ok}
        return _TakenPermits(self, self._redis, taken)

    def usage(self, realm_id: str) -> Usage | None:
        """Return what all processes count, in one round trip; None while Redis does not answer."""
        now = time.time()
        try:
            with self._redis.pipeline(transaction=False) as pipe:
                pipe.zcount(f"qb:{{{realm_id}}}:calls", now - 60, "+inf")
                pipe.zcount(f"qb:{{{realm_id}}}:running", now, "+inf")
                in_minute, running = pipe.execute()
        except RedisError:
            return None
        return Usage(in_minute, running)

    def _end(self, running: str, member: str, counted: str) -> None:
        """Return the place back and count the call, in one round trip."""
        try:
            with self._redis.pipeline(transaction=False) as pipe:
                pipe.zrem(running, member)
                if counted:
                    pipe.hincrby(usage_counter.COUNTS, counted, 1)
                pipe.execute()
        except RedisError:  # the place runs out by itself
            if counted:
                usage_counter.count_here(counted)

    def _take(self, keys: list[str], member: str, *, interactive: bool, timeout: float) -> None:
        until = time.monotonic() + timeout
        while not self._script(keys=keys, args=[*_limits(interactive), member]):
            if time.monotonic() >= until:
                raise Throttled("own_limit", problem_code=ProblemCode.THROTTLED)
            self._wait(STEP)


@lru_cache(maxsize=4)
def default_limiter(redis_url: str) -> Limiter:
    """Return the limiter of this process: shared through Redis when there is one."""
    if not redis_url:
        return LocalLimiter()
    return RedisLimiter(Redis.from_url(redis_url, socket_connect_timeout=1, socket_timeout=1, retry=None))

"""R5: what the product stands on goes away for a while; nothing is lost, and what happened is said."""

import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
import redis
import requests

from tests.polling import until
from tests.servers import CHECKOUT, POSTGRES_URL, missing, postgres_answers, redis_database

from .conftest import drift
from .scorecard import IS_LONG, record, size
from .test_creations import create, made


def send(place, session, number: int, base: dict[str, str]) -> requests.Response:
    fields = {**base, "token": f"soak-{number}", "lines-0-name": f"soak {number}"}
    return session.post(
        f"{place.url}/deals/{place.deal}/invoices/new/", data=fields, timeout=60, allow_redirects=False
    )


def test_disk_that_is_full(site):
    """Pages that write answer 503 with a time to come back, reading goes on, and what was begun becomes known."""
    place = site()
    base, session = place.run("form()"), place.session()
    place.start("web", "worker", SOAK_MAX_PAGES="1")
    said: list[tuple[int, str | None]] = []
    # A few still fit into pages that are there.
    while len(said) < 100 and sum(1 for status, _after in said if status != 302) < 3:
        answer = send(place, session, len(said), base)
        said.append((answer.status_code, answer.headers.get("Retry-After")))
    refused = [one for one in said if one[0] != 302]
    record("R5", "disk full: writes refused", len(refused), 3, at_least=True)
    wrong = sum(1 for one in refused if one != (503, "10"))
    record("R5", "disk full: of these without 503 and Retry-After", wrong, 0)
    assert requests.get(f"{place.url}/healthz", timeout=10).status_code == 200
    for name in ("web", "worker"):
        place.kill(name)
    place.start("web", "worker")
    until(lambda: place.run("open_work()") == 0, seconds=60, what="what was begun is known")
    for number in range(len(said)):
        assert create(session, place, place.deal, {**base, "token": f"soak-{number}", "lines-0-name": f"soak {number}"},
                      until_time=time.monotonic() + 60)  # fmt: skip
    counts = made(place)
    bad = sum(1 for n in range(len(said)) if counts[f"soak {n}"] != 1)
    record("R5", "disk full: invoices missing or doubled", bad, 0)


@pytest.mark.skipif(not IS_LONG, reason="long: make soak")
def test_database_away_redis_emptied_and_workers_killed(site):
    """PostgreSQL refuses everybody for half a minute, Redis forgets all, and every ten seconds a worker dies."""
    seconds = size("AWAY", quick=3, long=30)
    count = size("OUTAGE_CREATIONS", quick=10, long=2000)
    if not postgres_answers():
        missing("PostgreSQL", "TEST_POSTGRES_URL")
    name = f"{CHECKOUT}_soak"
    with psycopg.connect(POSTGRES_URL, autocommit=True) as admin:
        admin.execute(f'drop database if exists "{name}" with (force)')  # of a run that was killed
        admin.execute(f'create database "{name}"')
    try:
        with redis_database() as url:
            place = site(database_url=POSTGRES_URL.rpartition("/")[0] + "/" + name, REDIS_URL=url)
            try:
                _outage(place, name, redis.Redis.from_url(url), seconds=seconds, count=count)
            finally:
                place.calm()
    finally:
        with psycopg.connect(POSTGRES_URL, autocommit=True) as admin:
            admin.execute(f'drop database if exists "{name}" with (force)')


def _outage(place, name: str, server: "redis.Redis", *, seconds: int, count: int) -> None:
    base = place.run("form()")
    sessions = [place.session() for _person in range(4)]
    place.start("web", "worker", "worker 2")  # each with a schedule of its own: two beats
    place.watch()
    stop, said = threading.Event(), []

    def trouble() -> None:
        while not stop.wait(10):
            server.flushdb()
            process = place.processes.get("worker")
            if process is not None and process.poll() is None:
                process.kill()

    def one(number: int) -> bool:
        fields = {**base, "token": f"soak-{number}", "lines-0-name": f"soak {number}"}
        return create(sessions[number % 4], place, place.deal, fields, until_time=time.monotonic() + 1800)

    def outage() -> None:
        with psycopg.connect(POSTGRES_URL, autocommit=True) as admin:
            admin.execute(f'alter database "{name}" allow_connections false')
            admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [name])
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                answer = sessions[0].get(f"{place.url}/deals/", timeout=30)
                said.append((answer.status_code, answer.headers.get("Retry-After")))
                time.sleep(0.5)
            admin.execute(f'alter database "{name}" allow_connections true')

    threading.Thread(target=trouble, daemon=True).start()
    with ThreadPoolExecutor(4) as pool:
        done = [pool.submit(one, number) for number in range(count)]
        outage()
        lost = sum(1 for future in done if not future.result())
    stop.set()
    record(
        "R5",
        f"{seconds} s without PostgreSQL: pages otherwise than 503 with Retry-After",
        sum(1 for s in said if s != (503, "10")),
        0,
    )
    place.leave()
    place.enter()
    until(lambda: place.run("open_work()") == 0, seconds=300, what="all decisions are final")
    counts = made(place)
    record("R5", f"{count} creations meanwhile: not taken", lost, 0)
    record(
        "R5",
        f"{count} creations meanwhile: missing or doubled",
        sum(1 for n in range(count) if counts[f"soak {n}"] != 1),
        0,
    )
    record("R5", "processes killed meanwhile", place.kills, 1, at_least=True)
    place.run("due_now()")
    until(lambda: drift(place) == 0, seconds=60, what="up to date")


def test_what_a_process_counted_is_written_when_it_ends(site):
    """Counts are written once a minute; the rest of the last minute when the process is asked to end."""
    place = site()
    session = place.session()
    place.start("web")
    refresh = f"{place.url}/deals/{place.deal}/invoices/refresh/"
    assert session.post(refresh, timeout=30).status_code == 200
    first = place.run("reads()")
    for _time in range(3):
        assert session.post(refresh, timeout=30).status_code == 200
    assert place.run("reads()") == first, "nothing is written before its minute is over"
    place.kill("web", signal.SIGTERM)
    record("R5", "reads counted but lost at the end of a process", first + 3 - place.run("reads()"), 0)

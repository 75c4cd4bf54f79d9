"""An installation of real processes on either broker, beside the QuickBooks emulator of the tests."""

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from crm_invoicing.processes import BASE, ManagedProcess
from tests.emulator_process import EmulatorProcess
from tests.polling import until
from tests.prepared import put_prepared
from tests.servers import CHECKOUT, POSTGRES_URL, postgres_answers, redis_database


class Installation:
    """Database, broker and the processes that work on them; `run` evaluates Python inside it."""

    def __init__(self, redis_url: str, data: Path, emulator: EmulatorProcess, database_url: str) -> None:
        self.broker, self.redis_url, self.emulator = "redis" if redis_url else "memory", redis_url, emulator
        self.realm = emulator.companies[0]["realm_id"]
        self.workers: list[ManagedProcess] = []
        self.has_schedule = False
        self.env = {
            **os.environ,
            "DATA_DIR": str(data),
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "LOG_LEVEL": "ERROR",
            "ALLOWED_HOSTS": "testserver,localhost",
            "DISPATCH_INTERVAL_SECONDS": "0.5",
            "PYTHONWARNINGS": "ignore",
            "QUICKBOOKS_CLIENT_ID": emulator.client_id,
            "QUICKBOOKS_CLIENT_SECRET": emulator.client_secret,
            "QUICKBOOKS_DISCOVERY_URL": emulator.discovery_url,
            "QUICKBOOKS_API_URL": emulator.api_url,
            "QUICKBOOKS_WEBHOOK_VERIFIER_TOKEN": "broker-tests",
            "QUICKBOOKS_TIMEOUT_SECONDS": "20",
        }
        if database_url.startswith("sqlite"):
            put_prepared(data / "db.sqlite3")
        else:
            subprocess.run(
                [sys.executable, "manage.py", "migrate", "-v0"], cwd=BASE, env=self.env, check=True
            )
        self.inside = subprocess.Popen(
            [sys.executable, "-m", "tests.in_process_console", "tests.brokers.scene"],
            cwd=BASE, env=self.env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        self.deal = self.run(f"prepare({emulator.url!r}, {self.realm!r})")

    def run(self, code: str) -> Any:
        assert self.inside.stdin is not None
        assert self.inside.stdout is not None
        self.inside.stdin.write(json.dumps(code) + "\n")
        self.inside.stdin.flush()
        answer = json.loads(self.inside.stdout.readline())
        assert "error" not in answer, answer["error"]
        return answer["value"]

    def start(self, *, schedule: bool = True, **extra: str) -> None:
        """Start the worker, with its schedule unless told otherwise, and wait until it works; once is enough."""
        if self.workers and self.has_schedule == schedule:
            return
        self.kill()
        self.has_schedule = schedule
        celery = ["celery", "--quiet", "-A", "crm_invoicing"]
        commands = (
            [["manage", "worker"]]
            if self.broker == "memory"
            else [[*celery, "worker", "--concurrency=2", "--loglevel=ERROR"]]
        )
        if self.broker == "redis" and schedule:
            beat = f"{self.env['DATA_DIR']}/beat-{uuid.uuid4().hex}"
            commands.append([*celery, "beat", "--loglevel=ERROR", "--schedule", beat])
        self.run("forget_beat()")
        for command in commands:
            # They end with the tests, also with tests that are killed.
            self.workers.append(ManagedProcess(command[0], command, {**self.env, **extra}))
            self.workers[-1].start()
        # What is sent before anybody listens may be too old to be taken by then.
        sign = "has_beaten()" if schedule else "is_listening()"
        until(lambda: self.run(sign), seconds=60, what="the worker works")

    def kill(self, number: int = signal.SIGKILL) -> None:
        for child in self.workers:
            assert child.process is not None
            if child.process.poll() is None and number == signal.SIGKILL:
                os.killpg(child.process.pid, number)
            else:
                child.process.send_signal(number)
        for child in self.workers:
            child.wait(time.monotonic() + 30)
        self.workers.clear()

    def close(self) -> None:
        self.kill()
        if self.inside.stdin is not None:
            self.inside.stdin.close()
        self.inside.wait(10)


@pytest.fixture(scope="module")
def books() -> Iterator[EmulatorProcess]:
    with EmulatorProcess("--company", "us", "--single", "--seed", "7") as running:
        yield running


@contextmanager
def postgres_database() -> Iterator[str]:
    """Return the address of a new PostgreSQL database, or nothing where there is no server."""
    if not postgres_answers():
        yield ""
        return
    name = f"{CHECKOUT}_{os.getpid()}"
    with psycopg.connect(POSTGRES_URL, autocommit=True) as server:
        server.execute(f'create database "{name}"')
    try:
        yield POSTGRES_URL.rpartition("/")[0] + "/" + name
    finally:
        with psycopg.connect(POSTGRES_URL, autocommit=True) as server:
            server.execute(f'drop database "{name}" with (force)')


@pytest.fixture(scope="module", params=["memory", "redis"])
def installation(request, tmp_path_factory, books) -> Iterator[Installation]:
    data = tmp_path_factory.mktemp(request.param)
    redis_url, database_url = "", ""
    with ExitStack() as stack:
        if request.param == "redis":
            redis_url = stack.enter_context(redis_database())
            database_url = stack.enter_context(postgres_database())
        running = Installation(redis_url, data, books, database_url or f"sqlite:///{data / 'db.sqlite3'}")
        stack.callback(running.close)
        yield running


@pytest.fixture
def place(installation) -> Installation:
    """The installation with nothing due and QuickBooks as it should be; a worker may be running."""
    installation.emulator.control("DELETE", "/control/faults")
    installation.run("rest()")
    return installation

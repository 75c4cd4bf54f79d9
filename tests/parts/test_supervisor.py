"""The demo as README starts it: found, watched, restarted, ended without a trace, kept and forgotten."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests

from crm_invoicing import processes
from crm_invoicing.processes import BASE, Child
from tests.waiting import free_port, until


class Demo:
    """A supervisor in its own process on free ports."""

    def __init__(self, data: Path) -> None:
        self.port, self.emulator_port, self.data = free_port(), free_port(), data
        self.process: subprocess.Popen[str] | None = None
        self.said = ""

    def start(self, *options: str, **extra: str) -> subprocess.Popen[str]:
        kept = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("QUICKBOOKS_", "DATABASE_URL", "REDIS_URL"))
        }
        ports = {"PORT": str(self.port), "EMULATOR_PORT": str(self.emulator_port)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "crm_invoicing.supervisor", "--demo", *options],
            cwd=BASE,
            env={**kept, **ports, "DATA_DIR": str(self.data), **extra},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return self.process

    def wait_for_greeting(self) -> None:
        assert self.process is not None
        assert self.process.stdout is not None
        self.said = ""
        for line in self.process.stdout:
            self.said += line
            if "Ctrl-C ends" in line:
                return
        raise AssertionError(self.said)

    def parts(self) -> dict[str, psutil.Process]:
        """The running children by what they are."""
        assert self.process is not None
        found = {}
        for child in psutil.Process(self.process.pid).children():
            try:
                line = " ".join(child.cmdline())
            except psutil.Error:  # it has ended and is about to be started again
                continue
            for name, mark in (
                ("web", "waitress"),
                ("worker", "manage worker"),
                ("emulator", "qbo_emulator"),
            ):
                if mark in line:
                    found[name] = child
        return found

    def health(self) -> dict[str, object]:
        try:
            return dict(requests.get(f"http://127.0.0.1:{self.port}/healthz", timeout=2).json())
        except requests.RequestException:
            return {}

    def end(self, number: int) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(30)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code


@pytest.fixture
def demo(tmp_path) -> Iterator[Demo]:
    made = Demo(tmp_path / "data")
    yield made
    if made.process is not None and made.process.poll() is None:
        made.end(signal.SIGTERM)


def gone(processes: list[psutil.Process]) -> bool:
    return all(not one.is_running() or one.status() == psutil.STATUS_ZOMBIE for one in processes)


def count(data: Path, table: str) -> int:
    with sqlite3.connect(data / "db.sqlite3") as database:
        return int(database.execute(f"select count(*) from {table}").fetchone()[0])


def test_demo_starts_is_kept_and_ends_without_a_trace(demo):
    demo.start()
    demo.wait_for_greeting()
    for words in (f"http://localhost:{demo.port}", f"http://127.0.0.1:{demo.emulator_port}", "dana", "rita"):
        assert words in demo.said
    assert count(demo.data, "deals_deal") >= 30
    until(lambda: demo.health().get("status") == "ok", what="the schedule runs")

    taken = Demo(demo.data)
    taken.port = demo.port
    assert taken.start().wait(20) == 1
    assert taken.process is not None
    assert taken.process.stdout is not None
    assert f"Port {demo.port} is taken" in taken.process.stdout.read()

    before = demo.parts()
    assert set(before) == {"web", "worker", "emulator"}
    for name in before:
        before[name].kill()
    until(
        lambda: {name for name, one in demo.parts().items() if one.pid != before[name].pid} == set(before),
        what="all three started again",
    )
    until(lambda: demo.health().get("database") == "ok", what="pages again")
    left = list(demo.parts().values())
    assert demo.end(signal.SIGINT) == 0
    assert gone(left)

    with sqlite3.connect(demo.data / "db.sqlite3") as database:
        database.execute("delete from deals_dealline")
    began = time.monotonic()
    demo.start()
    demo.wait_for_greeting()
    assert time.monotonic() - began < (15 if os.environ.get("CI") else 8)
    assert count(demo.data, "deals_dealline") == 0
    left = list(demo.parts().values())
    demo.end(signal.SIGKILL)
    until(lambda: gone(left), what="nothing outlives a killed supervisor")

    demo.start("--fresh")
    demo.wait_for_greeting()
    assert count(demo.data, "deals_dealline") > 30
    assert demo.end(signal.SIGTERM) == 0


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ({"PORT": "http"}, "PORT is 'http'"),
        ({"PORT": "70000"}, "PORT is '70000'"),
        ({"PORT": "8123", "EMULATOR_PORT": "8123"}, "must differ"),
    ],
)
def test_port_that_cannot_be_is_said(demo, extra, words):
    process = demo.start(**extra)
    said, _nothing = process.communicate(timeout=20)
    assert process.returncode == 1
    assert words in said


def test_child_that_keeps_ending_is_started_ever_more_slowly(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(processes.time, "monotonic", lambda: now[0])
    # A module that is not there ends at once.
    child = Child("Broken", ["no_such_module"], dict(os.environ))
    child.start(output=subprocess.DEVNULL)
    pauses = []
    for _round in range(7):
        assert child.process is not None
        child.process.wait(20)
        ended_at = now[0]
        while child.watch() is None:
            now[0] += 0.5
        pauses.append(now[0] - ended_at)
    child.wait(now[0] + 20)
    assert pauses == [1, 2, 4, 8, 16, 30, 30]

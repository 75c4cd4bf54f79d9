"""The demo as README starts it: found, watched, restarted, ended without a trace, kept and forgotten."""

import os
import signal
import subprocess
from collections.abc import Iterator

import psutil
import pytest

from crm_invoicing import processes
from crm_invoicing.processes import ManagedProcess
from tests.demo import Demo
from tests.polling import until


@pytest.fixture
def demo(tmp_path) -> Iterator[Demo]:
    made = Demo(tmp_path / "data")
    yield made
    if made.process is not None and made.process.poll() is None:
        made.end(signal.SIGTERM)


def gone(processes: list[psutil.Process]) -> bool:
    return all(not one.is_running() or one.status() == psutil.STATUS_ZOMBIE for one in processes)


def test_demo_starts_is_kept_and_ends_without_a_trace(demo):
    demo.start()
    demo.wait_for_greeting()
    for words in (f"http://localhost:{demo.port}", f"http://127.0.0.1:{demo.emulator_port}", "dana", "rita"):
        assert words in demo.said
    assert demo.rows("select count(*) from deals_deal")[0][0] >= 30
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

    demo.rows("delete from deals_dealline")
    demo.start()
    demo.wait_for_greeting()
    assert demo.rows("select count(*) from deals_dealline")[0][0] == 0
    left = list(demo.parts().values())
    demo.end(signal.SIGKILL)
    until(lambda: gone(left), what="nothing outlives a killed supervisor")

    demo.start("--fresh")
    demo.wait_for_greeting()
    assert demo.rows("select count(*) from deals_dealline")[0][0] > 30
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
    child = ManagedProcess("Broken", ["no_such_module"], dict(os.environ))
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

"""R2: many processes renew one token at once; X5: the one that renews dies between answer and saving."""

import subprocess
import sys
import time

import pytest

from crm_invoicing.processes import BASE
from tests.polling import until

from .scorecard import record, size

RENEWAL_MS = 1000


def _high(figures: list[float]) -> float:
    return sorted(figures)[int(len(figures) * 0.95)]


def refreshers(place, count: int, **extra: str) -> list[subprocess.Popen[str]]:
    pk = place.run("connection_pk()")
    return [
        subprocess.Popen(
            [sys.executable, "-m", "soak.start", "refresher", str(pk), str(number)],
            cwd=BASE, env={**place.env, **extra}, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )
        for number in range(count)
    ]  # fmt: skip


def ask(processes: list[subprocess.Popen[str]]) -> list[tuple[str, float]]:
    """Let all ask at the same instant; gives what each got, and its milliseconds."""
    at = time.time() + 0.1
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(f"{at}\n")
        process.stdin.flush()
    lines = [process.stdout.readline().split() for process in processes if process.stdout]
    return [(line[1], float(line[2])) if line else ("died", 0.0) for line in lines]


def token_calls(place) -> list[int]:
    """The status of every token call there was."""
    return [call["status"] for call in place.emulator.calls() if call["operation"].startswith("token")]


def end(processes: list[subprocess.Popen[str]]) -> None:
    for process in processes:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        process.wait(20)
        process.stdout.close()


def test_many_processes_renew_one_token_at_once(site):
    rounds = size("REFRESHES", quick=4, long=100)
    count = size("PROCESSES", quick=3, long=8)
    place = site()
    place.emulator.control("POST", "/control/oauth", {"rotation": "every refresh"})
    processes = refreshers(place, count)
    try:
        ask(processes)
        before = len(token_calls(place))
        waits: list[float] = []
        for _round in range(rounds):
            place.run("token_ends_in(minutes=-1)")
            answers = ask(processes)
            assert len({said for said, _ms in answers}) == 1, answers
            assert not answers[0][0].startswith("error"), answers
        calls = token_calls(place)[before:]
        what = f"{count} processes, {rounds} times"
        record("R2", f"{what}: invalid_grant", sum(1 for status in calls if status != 200), 0)
        record("R2", f"{what}: token calls beyond one a round", abs(len(calls) - rounds), 0)
        at_rest: list[float] = []
        place.emulator.control(
            "POST", "/control/faults", {"kind": "slow", "operation": "token", "delay": RENEWAL_MS / 1000}
        )
        for _round in range(min(rounds, 20)):
            place.run("token_ends_in(minutes=3)")
            waits += sorted(ms for _said, ms in ask(processes))[:-1]
            place.run("token_ends_in(minutes=59)")
            at_rest += [ms for _said, ms in ask(processes)]
        what = "others while one renews a token that still lives"
        record("R2", f"{what}: waited for it", sum(1 for ms in waits if ms >= RENEWAL_MS / 2), 0)
        record(
            "R2", f"{what}: times as long as at rest, 95 of 100", _high(waits) / max(1.0, _high(at_rest)), 3
        )
    finally:
        end(processes)


@pytest.mark.parametrize("has_grace", [True, False])
def test_death_between_answer_and_saving(site, has_grace):
    """While Intuit still takes the old token all resolves itself; else one clear request to sign in again."""
    place = site()
    if not has_grace:
        place.emulator.control("POST", "/control/oauth", {"rotation": "every refresh"})
    place.run("token_ends_in(minutes=-1)")
    dying = refreshers(place, 1, CRASH_AT="refresh.after_answer")
    assert ask(dying) == [("died", 0.0)]
    end(dying)
    before = len(place.dump()["Invoice"])
    intent = place.run(f"decide({place.deal})")
    place.start("worker")
    if has_grace:
        until(lambda: place.run(f"intent({intent})") == "succeeded", seconds=30, what="it fixed itself")
        record(
            "R2 X5",
            "with grace: connections that need their owner",
            int(place.run("status()") != "active"),
            0,
        )
        return
    # The pauses between refusals are hours; here they pass at once.
    until(
        lambda: place.run("refusals_pass()") == "needs_reconnect",
        seconds=40,
        what="the owner is asked to sign in",
    )
    assert place.run(f"intent({intent})") in ("pending", "sending", "unknown")
    place.run(f"reconnect({place.emulator.url!r}, {place.realm!r})")
    place.run("make_due()")
    until(lambda: place.run(f"intent({intent})") == "succeeded", seconds=30, what="the decision was kept")
    record(
        "R2 X5", "without grace: decisions not one invoice", abs(len(place.dump()["Invoice"]) - before - 1), 0
    )

"""R11: the embedded database is copied while it is written, and put back without anything made twice."""

import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing

from crm_invoicing.processes import BASE
from tests.polling import until

from .conftest import drift
from .scorecard import record, size
from .test_creations import create, made


def test_backup_while_written_and_back_without_doubles(site):
    count = size("BACKUPS", quick=1, long=10)
    place = site()
    place.start("web", "worker")
    base, session = place.run("form()"), place.session()
    stop, sent = threading.Event(), []

    def keep_creating() -> None:
        while not stop.is_set():
            number = len(sent)
            fields = {**base, "token": f"soak-{number}", "lines-0-name": f"soak {number}"}
            if create(session, place, place.deal, fields, until_time=float("inf")):
                sent.append(number)

    writer = threading.Thread(target=keep_creating)
    writer.start()
    copies = [place.data / f"copy-{number}.sqlite3" for number in range(count)]
    for copy in copies:
        begun = len(sent)
        subprocess.run(
            [sys.executable, "manage.py", "backup_sqlite", str(copy)],
            cwd=BASE, env=place.env, check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        until(lambda begun=begun: len(sent) > begun, seconds=30, what="people went on working")
    place.emulator.control(
        "POST", "/control/faults", {"kind": "reset_after", "operation": "invoice.create", "probability": 0.5}
    )
    until(lambda: place.run("open_work()") > 0, seconds=30, what="a decision is under way")
    subprocess.run(
        [sys.executable, "manage.py", "backup_sqlite", str(copies[-1])],
        cwd=BASE, env=place.env, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    stop.set()
    place.emulator.control("DELETE", "/control/faults")
    writer.join(60)
    bad = 0
    for copy in copies:
        with closing(sqlite3.connect(copy)) as opened:
            bad += opened.execute("PRAGMA integrity_check").fetchone()[0] != "ok"
    record("R11", f"{count} copies while written: damaged", bad, 0)
    for name in ("web", "worker"):
        place.kill(name)
    place.leave()
    for leftover in place.data.glob("db.sqlite3*"):
        leftover.unlink()
    shutil.copy(copies[-1], place.data / "db.sqlite3")
    place.enter()
    place.start("worker")
    until(lambda: place.run("open_work()") == 0, seconds=60, what="open decisions are known")
    place.run("due_now()")
    until(lambda: drift(place) == 0, seconds=60, what="up to date again")
    counts = made(place)
    record(
        "R11",
        "invoices doubled after the copy was put back",
        sum(1 for n in sent if counts[f"soak {n}"] > 1),
        0,
    )

"""The demo as README starts it, in its own process on free ports."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import psutil
import requests

from crm_invoicing.processes import BASE

from .polling import free_port

MARKS = (("web", "crm_invoicing.web_server"), ("worker", "manage worker"), ("emulator", "qbo_emulator"))


class Demo:
    """A supervisor with what it started."""

    def __init__(self, data: Path) -> None:
        self.port, self.emulator_port, self.data = free_port(), free_port(), data
        self.process: subprocess.Popen[str] | None = None
        self.said = ""

    @property
    def crm(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def quickbooks(self) -> str:
        return f"http://127.0.0.1:{self.emulator_port}"

    def start(self, *options: str, **extra: str) -> "subprocess.Popen[str]":
        kept = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("QUICKBOOKS_", "DATABASE_URL", "REDIS_URL", "PUBLIC_URL"))
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
            for name, mark in MARKS:
                if mark in line:
                    found[name] = child
        return found

    def health(self) -> dict[str, object]:
        try:
            return dict(requests.get(f"http://127.0.0.1:{self.port}/healthz", timeout=2).json())
        except requests.RequestException:
            return {}

    def control(self, method: str, path: str, **body: object) -> dict[str, object]:
        """Call the QuickBooks emulator's control API."""
        answer = requests.request(
            method, f"{self.quickbooks}/control/{path}", json=body if method == "POST" else None, timeout=10
        )
        answer.raise_for_status()
        return dict(answer.json()) if isinstance(answer.json(), dict) else {"list": answer.json()}

    def rows(self, statement: str) -> list[tuple[object, ...]]:
        """Ask, or change, the demo's database."""
        with sqlite3.connect(self.data / "db.sqlite3", timeout=20) as database:
            return database.execute(statement).fetchall()

    def end(self, number: int) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        # What it still says must not fill the pipe.
        self.process.communicate(timeout=40)
        return self.process.returncode

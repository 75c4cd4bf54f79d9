"""A whole installation of real processes that may be killed at any moment and are started again."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import requests

from crm_invoicing.processes import BASE, PARENT_WATCHDOG
from tests.emulator_process import EmulatorProcess
from tests.polling import free_port, until
from tests.prepared import put_prepared

# Waiting times of the product, in seconds, so that a test of minutes takes seconds.
SHORT = {
    "quickbooks_bridge.services.invoicing.intents:SEND_LEASE": 6,
    "quickbooks_bridge.services.sync.company:SYNC_LEASE": 6,
    "quickbooks_bridge.services.sync.batch:SYNC_LEASE": 6,
    "quickbooks_bridge.services.connections.tokens:REFRESH_LEASE": 3,
    "quickbooks_bridge.gateway.errors:THROTTLE_SECONDS": 1,
    "quickbooks_bridge.gateway.rate_limiter:PER_SECOND": 1000,
    "quickbooks_bridge.gateway.rate_limiter:PER_MINUTE": 100_000,
    "quickbooks_bridge.gateway.rate_limiter:BACKGROUND_PER_MINUTE": 100_000,
    "quickbooks_bridge.gateway.rate_limiter:BACKGROUND_PER_SECOND": 1000,
}


class Site:
    """Database, web and worker; `run` evaluates Python inside it."""

    def __init__(self, data: Path, emulator: EmulatorProcess, *, database_url: str = "", **env: str) -> None:
        self.emulator, self.port = emulator, free_port()
        self.realm = emulator.companies[0]["realm_id"]
        self.processes: dict[str, subprocess.Popen[str]] = {}
        self.kills = self.starts = 0
        self._ending = threading.Event()
        self._is_watched = False
        self.data = data
        self._log = (data / "processes.log").open("ab")
        # Closed when this process ends, however suddenly; whoever reads the other end then ends too.
        self._held, self._lifeline = os.pipe()
        self.env = {
            **os.environ,
            "DATA_DIR": str(data),
            "DATABASE_URL": database_url or f"sqlite:///{data / 'db.sqlite3'}",
            "REDIS_URL": "",
            "LOG_LEVEL": "CRITICAL",
            "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
            "DISPATCH_INTERVAL_SECONDS": "0.5",
            "PYTHONWARNINGS": "ignore",
            "QUICKBOOKS_CLIENT_ID": emulator.client_id,
            "QUICKBOOKS_CLIENT_SECRET": emulator.client_secret,
            "QUICKBOOKS_DISCOVERY_URL": emulator.discovery_url,
            "QUICKBOOKS_API_URL": emulator.api_url,
            "QUICKBOOKS_WEBHOOK_VERIFIER_TOKEN": emulator.verifier_token,
            "QUICKBOOKS_TIMEOUT_SECONDS": "2",
            "QUICKBOOKS_POLL_SECONDS": "2",
            "SOAK_CONSTANTS": json.dumps(SHORT),
            **env,
        }
        if database_url:
            subprocess.run(
                [sys.executable, "manage.py", "migrate", "-v0"], cwd=BASE, env=self.env, check=True
            )
        else:
            put_prepared(data / "db.sqlite3")
        self.enter()
        self.deal = self.run(f"prepare({emulator.url!r}, {self.realm!r})")

    def enter(self) -> None:
        self.inside = subprocess.Popen(
            [sys.executable, "-m", "tests.in_process_console", "soak.scene"],
            cwd=BASE, env={**self.env, "CRASH_AT": ""}, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def leave(self) -> None:
        if self.inside.stdin is not None:
            self.inside.stdin.close()
        self.inside.wait(10)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def run(self, code: str) -> Any:
        assert self.inside.stdin is not None
        assert self.inside.stdout is not None
        self.inside.stdin.write(json.dumps(code) + "\n")
        self.inside.stdin.flush()
        answer = json.loads(self.inside.stdout.readline())
        assert "error" not in answer, answer["error"]
        return answer["value"]

    def start(self, *names: str, **extra: str) -> None:
        """Start processes by name: `web`, `worker`, or another of one's own choice that is a worker."""
        for name in names:
            arguments = ["web", str(self.port)] if name == "web" else ["worker"]
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-P", PARENT_WATCHDOG, str(self._held), "soak.start", *arguments],
                cwd=BASE, env={**self.env, **extra}, text=True, process_group=0, pass_fds=(self._held,),
                stderr=self._log,
            )  # fmt: skip
            self.starts += 1
        if "web" in names and not self._is_watched:
            until(self.answers, seconds=60, what="the first page")

    def answers(self) -> bool:
        try:
            requests.get(f"{self.url}/healthz", timeout=3)
        except requests.RequestException:
            return False
        return True

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        process = self.processes.pop(name, None)
        if process is None:
            return
        if process.poll() is None:
            self.kills += 1
            os.killpg(process.pid, number)
        process.wait(60)

    def watch(self, **extra: str) -> threading.Thread:
        """Start again whatever dies, until `calm`."""

        def keep() -> None:
            while not self._ending.wait(0.1):
                for name, process in list(self.processes.items()):
                    if process.poll() is not None and not self._ending.is_set():
                        self.kills += 1
                        self.start(name, **extra)

        self._ending.clear()
        self._is_watched = True
        thread = threading.Thread(target=keep, daemon=True)
        thread.start()
        return thread

    def calm(self) -> None:
        self._ending.set()

    def session(self, username: str = "bo") -> requests.Session:
        """A signed-in person's browser."""
        made = requests.Session()
        made.cookies.set("sessionid", self.run(f"session_key({username!r})"))
        made.cookies.set("csrftoken", "a" * 32)
        made.headers["X-CSRFToken"] = "a" * 32
        return made

    def dump(self) -> dict[str, list[dict[str, Any]]]:
        answer = requests.get(f"{self.emulator.url}/control/{self.realm}/dump", timeout=60)
        return dict(answer.json())

    def close(self) -> None:
        self.calm()
        time.sleep(0.2)
        for name in list(self.processes):
            self.kill(name)
        self.leave()
        os.close(self._lifeline)
        os.close(self._held)
        self._log.close()

    def said(self, words: str) -> int:
        """Return how often words stand in what the processes wrote."""
        return (self.data / "processes.log").read_text(errors="replace").count(words)

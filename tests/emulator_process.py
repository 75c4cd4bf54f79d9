"""Starts the emulator as its own process for tests, and stops it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

import requests

from crm_invoicing.processes import PARENT_WATCHDOG

ROOT = Path(__file__).resolve().parent.parent


class EmulatorProcess:
    """A running `python -m qbo_emulator`; use it as a context manager or call `start()` and `stop()`.

    `arguments` are added to the command line. Request limits are off unless `limits` is true.
    """

    def __init__(self, *arguments: str, port: int = 0, limits: bool = False) -> None:
        self.arguments = [*arguments, *([] if limits else ["--no-limits"])]
        self.port = port
        self.url = ""
        self.client_id = ""
        self.client_secret = ""
        self.verifier_token = ""
        self.companies: list[dict[str, str]] = []
        self._process: subprocess.Popen[str] | None = None
        self._lifeline = -1

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def discovery_url(self) -> str:
        return f"{self.url}/.well-known/openid_sandbox_configuration"

    @property
    def api_url(self) -> str:
        return f"{self.url}/v3"

    def start(self) -> EmulatorProcess:
        # It ends when this process does, however suddenly: nobody else holds the other end of the pipe.
        reading, self._lifeline = os.pipe()
        command = [
            sys.executable,
            "-P",
            PARENT_WATCHDOG,
            str(reading),
            "qbo_emulator",
            "--port",
            str(self.port),
        ]
        self._process = subprocess.Popen(
            [*command, *self.arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True, pass_fds=(reading,)
        )
        os.close(reading)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the emulator did not start, exit code {self._process.wait(10)}")
        started = json.loads(line)
        for name in ("url", "client_id", "client_secret", "companies", "verifier_token"):
            setattr(self, name, started[name])
        return self

    def stop(self) -> int | None:
        """Ask the process to end and give its exit code."""
        if self._process is None:
            return None
        self._process.terminate()
        try:
            code = self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait(5)
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process = None
        os.close(self._lifeline)
        return code

    def __enter__(self) -> EmulatorProcess:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def control(self, method: str, path: str, json: Any = None) -> Any:
        """Call the control API, `path` as in "/control/clock"; gives the JSON answer (HTTPError on refusal)."""
        if not path.startswith("/control"):
            path = "/control/" + path.lstrip("/")
        answer = requests.request(method, self.url + path, json=json, timeout=10)
        if answer.status_code >= 400:
            raise requests.HTTPError(f"{answer.status_code} {answer.text}", response=answer)
        return answer.json()

    def calls(self, since: int = 0) -> list[dict[str, Any]]:
        """API requests logged after number `since`."""
        found: list[dict[str, Any]] = self.control("GET", f"/control/requests?since={since}")["requests"]
        return found

"""The command line: the address on the first line, and a clean end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import requests

from tests.pipedrive_emulator.conftest import Receiver


def test_the_first_line_is_the_address_and_a_signal_ends_it():
    command = [
        sys.executable,
        "-m",
        "pipedrive_emulator",
        "--port",
        "0",
        "--company-id",
        "42",
        "--scopes",
        "base",
    ]
    environment = {
        **os.environ,
        "PIPEDRIVE_EMULATOR_CONTROL_TOKEN": "t",
        "PIPEDRIVE_EMULATOR_CLIENT_SECRET": "s",
    }
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:")
        assert requests.get(url + "/control/state", timeout=5).status_code == 403
        headers = {"X-Control-Token": "t"}
        code = requests.post(
            url + "/control/install", json={"user_id": 9100001}, headers=headers, timeout=5
        ).json()
        assert code["code"].startswith("42.9100001.")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_port_that_is_taken_is_said(receiver: Receiver):
    port = receiver.url.rpartition(":")[2]
    command = [sys.executable, "-m", "pipedrive_emulator", "--port", port]
    done = subprocess.run(command, capture_output=True, text=True, timeout=15, check=False)
    assert done.returncode == 2
    assert f"Port {port}" in done.stderr

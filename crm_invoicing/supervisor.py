"""One command that starts and watches the web process, the worker and, for the demo, the pretend QuickBooks."""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import FrameType

BASE = Path(__file__).resolve().parent.parent
GRACE = 30.0
LONGEST_PAUSE = 30.0


class Child:
    """A process that is started again, ever more slowly, when it ends by itself."""

    def __init__(self, name: str, command: list[str], env: dict[str, str]) -> None:
        self.name, self.command, self.env = name, command, env
        self.process: subprocess.Popen[str] | None = None
        self.pause, self.start_at = 1.0, 0.0

    def start(self, *, has_output: bool = False) -> subprocess.Popen[str]:
        """Start it."""
        self.process = subprocess.Popen(
            self.command, env=self.env, cwd=BASE, text=True, stdout=subprocess.PIPE if has_output else None
        )
        self.start_at = time.monotonic()
        return self.process

    def watch(self) -> None:
        """Start it again when it has ended."""
        if self.process is None or self.process.poll() is None:
            return
        ran = time.monotonic() - self.start_at
        if ran < self.pause:
            return
        self.pause = 1.0 if ran > 60 else min(self.pause * 2, LONGEST_PAUSE)
        say(f"{self.name} ended with {self.process.returncode}; starting it again")
        self.start()

    def stop(self) -> None:
        """Ask it to end."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def wait(self, until: float) -> None:
        """Wait for its end, and end it when it takes too long."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()


def say(text: str) -> None:
    """Tell the person at the terminal."""
    print(text, flush=True)  # noqa: T201 - this is a command line program


def port_is_free(port: int) -> bool:
    """Tell whether nobody listens on a port of this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def require_ports(ports: dict[str, int]) -> None:
    """End with a sentence when a port is taken."""
    for name, port in ports.items():
        if not port_is_free(port):
            sys.exit(
                f"Port {port} is taken. Stop what uses it, or choose another: {name}={port + 1} make demo"
            )


def start_emulator(port: int, web_port: int, data: Path, env: dict[str, str]) -> tuple[Child, dict[str, str]]:
    """Start the pretend QuickBooks and give the settings that point at it."""
    verifier = "demo-verifier-token"
    command = [
        sys.executable, "-m", "qbo_emulator", "--port", str(port), "--company", "us",
        "--state", str(data / "emulator.json"), "--verifier-token", verifier,
        "--webhook-url", f"http://127.0.0.1:{web_port}/quickbooks/webhook/",
    ]  # fmt: skip
    child = Child("Pretend QuickBooks", command, env)
    process = child.start(has_output=True)
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        sys.exit("The pretend QuickBooks did not start; its message stands above.")
    # Its later output must not fill the pipe.
    threading.Thread(target=lambda: process.stdout and process.stdout.read(), daemon=True).start()
    hello = json.loads(line)
    return child, {
        "QUICKBOOKS_CLIENT_ID": hello["client_id"],
        "QUICKBOOKS_CLIENT_SECRET": hello["client_secret"],
        "QUICKBOOKS_ENVIRONMENT": f"{hello['url']}/.well-known/openid_sandbox_configuration",
        "QUICKBOOKS_API_URL": f"{hello['url']}/v3",
        "QUICKBOOKS_WEB_URL": hello["url"],
        "QUICKBOOKS_WEBHOOK_VERIFIER_TOKEN": verifier,
        "QUICKBOOKS_POLL_SECONDS": env.get("QUICKBOOKS_POLL_SECONDS", "15"),
        "CONSENT_ORIGIN": hello["url"],
    }


def run_step(text: str, arguments: list[str], env: dict[str, str]) -> None:
    """Run a management command to its end, saying what it is."""
    say(text)
    done = subprocess.run([sys.executable, "manage.py", *arguments], env=env, cwd=BASE, check=False)
    if done.returncode:
        sys.exit(f"{text} failed; its message stands above.")


def wait_for_web(port: int) -> bool:
    """Wait until the first page answers, at most 60 seconds."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    return False


def main() -> None:
    """Start everything, print where it is, and keep it running until Ctrl-C or SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--demo", action="store_true", help="with demo data and a pretend QuickBooks")
    is_demo = parser.parse_args().demo
    port = int(os.environ.get("PORT", "8000"))
    emulator_port = int(os.environ.get("EMULATOR_PORT", "8900"))
    data = Path(os.environ.get("DATA_DIR", str(BASE / "var")))
    data.mkdir(parents=True, exist_ok=True)
    env = {
        **os.environ,
        "PORT": str(port),
        "DATA_DIR": str(data),
        "LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING"),
    }
    require_ports({"PORT": port, **({"EMULATOR_PORT": emulator_port} if is_demo else {})})
    children: list[Child] = []
    stopping = threading.Event()

    def stop(signum: int, frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    if is_demo:
        emulator, pointed = start_emulator(emulator_port, port, data, env)
        env.update(pointed)
        children.append(emulator)
    run_step("Preparing the database", ["migrate", "--verbosity", "0"], env)
    if is_demo:
        run_step("Looking after the demo company", ["seed_demo"], env)
    web = Child(
        "Web",
        [
            sys.executable,
            "-m",
            "waitress",
            f"--listen=127.0.0.1:{port}",
            "--threads=8",
            "crm_invoicing.wsgi:application",
        ],
        env,
    )
    worker = Child("Worker", [sys.executable, "manage.py", "worker"], env)
    for child in (web, worker):
        child.start()
        children.append(child)
    if wait_for_web(port):
        _greet(port, emulator_port if is_demo else None)
    while not stopping.wait(0.5):
        for child in children:
            child.watch()
    say("Stopping")
    until = time.monotonic() + GRACE
    for child in reversed(children):
        child.stop()
    for child in children:
        child.wait(until)


def _greet(port: int, emulator_port: int | None) -> None:
    say(f"\nCRM                 http://localhost:{port}")
    if emulator_port:
        from deals.demo_data import PASSWORD, SIGN_INS

        say(
            f"Pretend QuickBooks  http://127.0.0.1:{emulator_port}\n\nSign in with the password {PASSWORD} as"
        )
        for username, name, role, company in SIGN_INS:
            say(f"  {username:7} {name}, {role} of {company}")
    say("\nCtrl-C ends all of it.")


if __name__ == "__main__":
    main()

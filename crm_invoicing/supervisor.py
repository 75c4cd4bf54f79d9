"""One command that starts and watches the web process, the worker and, for the demo, the QuickBooks emulator."""

import argparse
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import environ

from .private_files import keep_private
from .processes import BASE, ManagedProcess

GRACE = 30.0
# What they print is for whoever starts them alone.
QUIET = ("qbo_emulator", "pipedrive_emulator", "docs.example_host.host")
LONGEST_START = 60.0
VERIFIER = "demo-verifier-token"
# Another CRM's page in the demo: its deal, and who looks at it there.
HOST_ISSUER, HOST_DEAL, HOST_USER = "crm_demo", "demo-deal", "dana"
HOST_TITLE = "Marlow Dental: three-clinic fit-out"


def say(text: str) -> None:
    """Tell the person at the terminal."""
    print(text, flush=True)  # noqa: T201 - this is a command line program


# The companies of the demo, with the currency their deals are in: a country and a kind of tax each.
DEMO_COMPANIES = {
    "us": "USD",
    "us-manual": "USD",
    "us-multi": "USD",
    "gb": "GBP",
    "ca": "CAD",
    "fr": "EUR",
    "no-like": "NOK",
}


class Stopped(Exception):
    """A signal came while something was being prepared."""


@dataclass(frozen=True)
class Plan:
    """What is to be started, and where."""

    is_demo: bool
    is_fresh: bool
    port: int
    emulator_port: int
    data: Path
    host_port: int = 8950
    pipedrive_port: int = 8960
    # The QuickBooks company that the demo's books are like; the others can be chosen when connecting.
    company: str = "us"


@dataclass
class Supervisor:
    """The processes of one installation on one machine."""

    plan: Plan
    env: dict[str, str]
    children: list[ManagedProcess] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)
    signals: int = 0

    def run(self) -> None:
        """Start everything, say where it is, and keep it running until a signal."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        try:
            self._prepare()
            self._start()
            self._watch()
        except Stopped:
            pass
        finally:
            self._end()

    def _on_signal(self, signum: int, frame: FrameType | None) -> None:
        self.signals += 1
        self.stopping.set()
        if self.signals > 1:
            for child in self.children:
                if child.process is not None and child.process.poll() is None:
                    child.process.kill()

    def _prepare(self) -> None:
        emulator = self._begin_emulator() if self.plan.is_demo else None
        # One process for both: starting it is most of what it takes.
        seed = ["seed_demo", "--migrate", "--currency", DEMO_COMPANIES[self.plan.company]]
        if self.plan.is_demo:
            self.env["EXAMPLE_HOST_SECRET"] = secrets.token_urlsafe(48)
            self.env["EXAMPLE_HOST_URL"] = f"http://127.0.0.1:{self.plan.host_port}"
            self.env.update(pipedrive_demo_settings(self.plan))
        command = seed if self.plan.is_demo else ["migrate", "--verbosity", "0"]
        self._step("Preparing the database", ["manage", *command])
        if not self.plan.is_demo:
            self._step("", ["manage", "setup_link", "--verbosity", "0"])
        if emulator is not None:
            self._meet_emulator(emulator)

    def _step(self, text: str, arguments: list[str]) -> None:
        if text:
            say(text)
        child = ManagedProcess(text, arguments, self.env)
        self.children.append(child)
        process = child.start()
        while process.poll() is None:
            if self.stopping.wait(0.05):
                raise Stopped
        child.wait(0)
        self.children.remove(child)
        if process.returncode:
            sys.exit(f"{text} failed; its message stands above.")

    def _begin_emulator(self) -> ManagedProcess:
        plan = self.plan
        arguments = [
            "qbo_emulator", "--port", str(plan.emulator_port),
            *(part for key in dict.fromkeys((plan.company, *DEMO_COMPANIES)) for part in ("--company", key)),
            "--state", str(plan.data / "emulator.json"), "--verifier-token", VERIFIER,
            "--webhook-url", f"http://127.0.0.1:{plan.port}/quickbooks/webhook/",
        ]  # fmt: skip
        child = ManagedProcess("QuickBooks emulator", arguments, self.env)
        self.children.append(child)
        child.start(output=subprocess.PIPE)
        return child

    def _meet_emulator(self, child: ManagedProcess) -> None:
        say("Opening the QuickBooks emulator")
        process = child.process
        line = process.stdout.readline() if process and process.stdout else ""
        if process is None or not line:
            sys.exit("The QuickBooks emulator did not start; its message stands above.")
        # Its later output must not fill the pipe.
        threading.Thread(target=lambda: process.stdout and process.stdout.read(), daemon=True).start()
        self.env.update(emulator_settings(json.loads(line), self.env))

    def _start(self) -> None:
        web = ["crm_invoicing.web_server", f"--listen=127.0.0.1:{self.plan.port}"]
        child = ManagedProcess("Web", web, self.env)
        self.children.append(child)
        child.start()

        if self.plan.is_demo:
            self._start_host()
            self._start_pipedrive()

    def _start_pipedrive(self) -> None:
        """Start the emulator of Pipedrive, whose deal pages show the app's panel."""
        arguments = [
            "pipedrive_emulator", "--port", str(self.plan.pipedrive_port), "--app-url", self.env["PUBLIC_URL"],
            "--callback-url", f"{self.env['PUBLIC_URL']}/pipedrive/callback/",
            "--client-id", self.env["PIPEDRIVE_CLIENT_ID"],
        ]  # fmt: skip
        secret = {"PIPEDRIVE_EMULATOR_CLIENT_SECRET": self.env["PIPEDRIVE_CLIENT_SECRET"]}
        child = ManagedProcess("Pipedrive emulator", arguments, {**self.env, **secret})
        self.children.append(child)
        child.start(output=subprocess.DEVNULL)

    def _start_host(self) -> None:
        """Start the page of another CRM, which shows a deal's invoices in a frame."""
        plan = self.plan
        arguments = [
            "docs.example_host.host", "--app", self.env["PUBLIC_URL"], "--issuer", HOST_ISSUER, "--deal", HOST_DEAL,
            "--user", HOST_USER, "--title", HOST_TITLE, "--port", str(plan.host_port),
            "--away", f"{self.env['PUBLIC_URL']}/deals/external/{HOST_DEAL}/",
        ]  # fmt: skip
        child = ManagedProcess("Example CRM", arguments, self.env)
        self.children.append(child)
        child.start(output=subprocess.DEVNULL)

    def _start_worker(self) -> None:
        """Start it once the first page is out: people do not wait for it."""
        child = ManagedProcess("Worker", ["manage", "worker"], self.env)
        self.children.append(child)
        child.start()

    def _watch(self) -> None:
        began, is_greeted, is_patient = time.monotonic(), False, True
        while not self.stopping.wait(0.5 if is_greeted else 0.1):
            for child in self.children:
                code = child.watch(output=subprocess.DEVNULL if child.arguments[0] in QUIET else None)
                if code is not None:
                    say(f"{child.name} ended with {code}; started again")
            if is_greeted:
                continue
            if answers(self.plan.port):
                self._start_worker()
                greet(self.plan)
                is_greeted = True
            elif is_patient and time.monotonic() - began > LONGEST_START:
                say("The first page does not answer yet; messages above may say why.")
                is_patient = False

    def _end(self) -> None:
        if self.children:
            say("Stopping")
        until = time.monotonic() + GRACE
        for child in reversed(self.children):
            child.stop()
        for child in reversed(self.children):
            child.wait(until)


def emulator_settings(hello: Mapping[str, str], env: Mapping[str, str]) -> dict[str, str]:
    """Return the settings that point the CRM at a QuickBooks emulator that said `hello`."""
    return {
        "QUICKBOOKS_CLIENT_ID": hello["client_id"],
        "QUICKBOOKS_CLIENT_SECRET": hello["client_secret"],
        "QUICKBOOKS_DISCOVERY_URL": f"{hello['url']}/.well-known/openid_sandbox_configuration",
        "QUICKBOOKS_API_URL": f"{hello['url']}/v3",
        "QUICKBOOKS_WEB_URL": hello["url"],
        "QUICKBOOKS_WEBHOOK_VERIFIER_TOKEN": VERIFIER,
        "QUICKBOOKS_POLL_SECONDS": env.get("QUICKBOOKS_POLL_SECONDS", "15"),
        "QUICKBOOKS_FALLBACK_POLL_SECONDS": env.get("QUICKBOOKS_FALLBACK_POLL_SECONDS")
        or env.get("QUICKBOOKS_POLL_SECONDS")
        or "15",
        "QUICKBOOKS_CONSENT_ORIGIN": hello["url"],
    }


def pipedrive_demo_settings(plan: Plan) -> dict[str, str]:
    """Return the settings that point the CRM at the emulator of Pipedrive."""
    address = f"http://127.0.0.1:{plan.pipedrive_port}"
    return {
        "PIPEDRIVE_CLIENT_ID": "crm-invoicing-demo",
        "PIPEDRIVE_CLIENT_SECRET": secrets.token_urlsafe(32),
        "PIPEDRIVE_OAUTH_URL": address,
        "PIPEDRIVE_API_HOSTS": address,
        "PIPEDRIVE_FRAMERS": address,
    }


def require_port(name: str, port: int, others: set[int]) -> None:
    """End with a sentence when a port is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            free = next(number for number in range(port + 1, port + 99) if number not in others)
            sys.exit(
                f"Port {port} is taken. Stop what uses it, or choose another, for example: make demo {name}={free}"
            )


def port_from(name: str, default: int) -> int:
    """Return a port of the environment, or end with a sentence."""
    given = os.environ.get(name, "") or str(default)
    if not given.isascii() or not given.isdigit() or not 0 < int(given) < 65536:
        sys.exit(f"{name} is {given!r}; it takes a port number from 1 to 65535.")
    return int(given)


def answers(port: int) -> bool:
    """Return whether the web process gives any answer."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
            return True
    except urllib.error.HTTPError:
        return True
    except (urllib.error.URLError, OSError):
        return False


def greet(plan: Plan) -> None:
    """Say where everything is and how to get in."""
    say(f"\nCRM                 http://localhost:{plan.port}")
    if plan.is_demo:
        from deals.demo_data import PASSWORD, SIGN_INS

        say(f"In Pipedrive        http://127.0.0.1:{plan.pipedrive_port}")
        say(f"In another CRM      http://127.0.0.1:{plan.host_port}")
        say(f"QuickBooks emulator http://127.0.0.1:{plan.emulator_port}")
        say(f"\nSign in with the password {PASSWORD} as")
        for username, name, role, company in SIGN_INS:
            say(f"  {username:7} {name}, {role} of {company}")
    say("\nCtrl-C ends all of it.")


def environment(plan: Plan) -> dict[str, str]:
    """Return the environment of the processes. A demo takes database and addresses from no .env file."""
    env = {**os.environ, "PORT": str(plan.port), "DATA_DIR": str(plan.data)}
    env.setdefault("LOG_LEVEL", "WARNING")
    if plan.is_demo:
        env.setdefault("DATABASE_URL", f"sqlite:///{plan.data / 'db.sqlite3'}")
        env.setdefault("REDIS_URL", "")
        env.setdefault("PUBLIC_URL", f"http://localhost:{plan.port}")
        env.setdefault("ALLOWED_HOSTS", "localhost,127.0.0.1")
        env.setdefault("BEHIND_PROXY", "0")
    return env


def forget(data: Path) -> None:
    """Remove the demo's database, its secrets and the books of the QuickBooks emulator."""
    for pattern in ("db.sqlite3*", "emulator.json*", "secrets.json"):
        for path in data.glob(pattern):
            path.unlink()


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--demo", action="store_true", help="with demo data and a QuickBooks emulator")
    parser.add_argument("--fresh", action="store_true", help="forget the demo's data first")
    given = parser.parse_args()
    if not given.demo and (BASE / ".env").exists():
        environ.Env.read_env(BASE / ".env")
    company = os.environ.get("COMPANY") or "us"
    if given.demo and company not in DEMO_COMPANIES:
        sys.exit(f"COMPANY is {company}; the demo has {', '.join(DEMO_COMPANIES)}.")
    # Each company has a demo of its own, so that none changes another's deals.
    demo = "demo" if company == "us" else f"demo-{company}"
    data = os.environ.get("DATA_DIR") or str(BASE / "var" / demo if given.demo else BASE / "var")
    plan = Plan(
        is_demo=given.demo,
        is_fresh=given.demo and given.fresh,
        port=port_from("PORT", 8000),
        emulator_port=port_from("EMULATOR_PORT", 8900),
        host_port=port_from("HOST_PORT", port_from("EMULATOR_PORT", 8900) + 50),
        pipedrive_port=port_from("PIPEDRIVE_PORT", port_from("EMULATOR_PORT", 8900) + 60),
        data=Path(data).absolute(),
        company=company,
    )
    if plan.is_demo and plan.port == plan.emulator_port:
        sys.exit(f"PORT and EMULATOR_PORT are both {plan.port}; they must differ.")
    require_port("PORT", plan.port, {plan.emulator_port})
    if plan.is_demo:
        require_port("EMULATOR_PORT", plan.emulator_port, {plan.port})
        require_port("HOST_PORT", plan.host_port, {plan.port, plan.emulator_port})
        require_port("PIPEDRIVE_PORT", plan.pipedrive_port, {plan.port, plan.emulator_port, plan.host_port})
    keep_private(plan.data)
    if plan.is_fresh:
        forget(plan.data)
    Supervisor(plan, environment(plan)).run()


if __name__ == "__main__":
    main()

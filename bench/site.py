"""An installation as README starts it, for benchmarks: web and worker of one machine, or of servers, beside the QuickBooks emulator.

The process that measures reads and prepares rows through Django itself, on the same database.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import psutil
import requests

from crm_invoicing.processes import BASE, ManagedProcess
from tests.brokers.conftest import postgres_database
from tests.emulator_process import EmulatorProcess
from tests.polling import free_port, until
from tests.servers import REDIS_SERVER, postgres_answers, redis_database

ONE_MACHINE, SERVERS = "one machine", "servers"
VERIFIER = "bench-verifier"


@dataclass
class Watched:
    """Memory of one part with its children: the highest ever of one process, and of all together."""

    largest: float = 0.0
    together: float = 0.0


@dataclass
class Site:
    """Database, web and worker."""

    kind: str
    port: int
    data: Path
    children: dict[str, ManagedProcess] = field(default_factory=dict)
    watched: dict[str, Watched] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def commands(self, part: str) -> dict[str, list[str]]:
        """What runs for a part, as supervisor, Dockerfile and docker-compose.yml start it."""
        if part == "web":
            return {"web": ["crm_invoicing.web_server", f"--listen=127.0.0.1:{self.port}"]}
        if self.kind == ONE_MACHINE:
            return {"worker": ["manage", "worker"]}
        celery = ["celery", "--quiet", "-A", "crm_invoicing"]
        beat = [*celery, "beat", "--loglevel=WARNING", f"--schedule={self.data / 'beat'}"]
        return {"worker": [*celery, "worker", "--loglevel=WARNING", "--concurrency=2"], "beat": beat}

    def start(self, *parts: str) -> None:
        for part in parts:
            for name, command in self.commands(part).items():
                if name in self.children:
                    continue
                self.children[name] = ManagedProcess(name, command, dict(os.environ))
                self.children[name].start()
        if "web" in parts:
            until(self.answers, seconds=60, what="the first page")

    def answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/healthz", timeout=3).status_code == 200
        except requests.RequestException:
            return False

    def kill(self, name: str) -> None:
        """End a part and all it started, at once and without a word."""
        child = self.children.pop(name)
        assert child.process is not None
        for process in psutil.Process(child.process.pid).children(recursive=True):
            process.kill()
        child.process.kill()
        child.wait(time.monotonic() + 10)

    def family(self, name: str) -> list[psutil.Process]:
        child = self.children[name].process
        assert child is not None
        top = psutil.Process(child.pid)
        return [top, *top.children(recursive=True)]

    def memory(self, name: str) -> float:
        """MB of a part now; what its processes share counts once."""
        total = 0
        for process in self.family(name):
            try:
                full = process.memory_full_info()
                total += int(getattr(full, "pss", full.rss))
            except psutil.Error:
                continue
        return total / 2**20

    def private(self, name: str) -> float:
        """MB that belong to a part's processes alone; what other processes map too does not move it."""
        total = 0
        for process in self.family(name):
            try:
                full = process.memory_full_info()
                total += int(getattr(full, "uss", full.rss))
            except psutil.Error:
                continue
        return total / 2**20

    def look_at_memory(self, name: str) -> None:
        """Keep the highest seen; a process' own peak is what the system kept, where it does."""
        seen = self.watched.setdefault(name, Watched())
        seen.together = max(seen.together, self.memory(name))
        for process in self.family(name):
            seen.largest = max(seen.largest, _peak(process.pid))

    def cpu(self, name: str) -> float:
        """Seconds of processor time of a part so far."""
        return sum(sum(one.cpu_times()[:2]) for one in self.family(name))

    def person(self, member: Any) -> requests.Session:
        """A signed-in person's browser."""
        from django.conf import settings
        from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

        store = import_module(settings.SESSION_ENGINE).SessionStore()
        store[SESSION_KEY] = str(member.user.pk)
        store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        store[HASH_SESSION_KEY] = member.user.get_session_auth_hash()
        store.save()
        made = requests.Session()
        made.cookies.set("sessionid", store.session_key)
        made.cookies.set("csrftoken", "a" * 32)
        made.headers["X-CSRFToken"] = "a" * 32
        return made

    def close(self) -> None:
        for child in self.children.values():
            child.stop()
        for child in self.children.values():
            child.wait(time.monotonic() + 20)


def _peak(pid: int) -> float:
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
        return float(psutil.Process(pid).memory_info().rss) / 2**20
    except (OSError, psutil.Error):
        return 0.0


@contextmanager
def installation(kind: str, emulator: EmulatorProcess, *, port: int = 0, **extra: str) -> Iterator[Site]:
    """Return an empty installation of this kind with Django set up for its database; one a process."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench")))
        redis_url = os.environ["REDIS_URL"]
        database_url = os.environ["DATABASE_URL"] or f"sqlite:///{folder / 'db.sqlite3'}"
        site = Site(kind, port or free_port(), folder)
        os.environ.update(
            {
                "DJANGO_SETTINGS_MODULE": "crm_invoicing.settings",
                "DATA_DIR": str(folder),
                "DATABASE_URL": database_url,
                "REDIS_URL": redis_url,
                "PUBLIC_URL": site.url,
                "LOG_LEVEL": "ERROR",
                "DISPATCH_INTERVAL_SECONDS": "",
                "QUICKBOOKS_CLIENT_ID": emulator.client_id,
                "QUICKBOOKS_CLIENT_SECRET": emulator.client_secret,
                "QUICKBOOKS_DISCOVERY_URL": emulator.discovery_url,
                "QUICKBOOKS_API_URL": emulator.api_url,
                "QUICKBOOKS_WEBHOOK_VERIFIER_TOKEN": emulator.verifier_token,
                **extra,
            }
        )
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connections

        call_command("migrate", verbosity=0)
        stack.callback(connections.close_all)
        stack.callback(site.close)
        yield site


def kinds() -> list[str]:
    """What can be measured here; BENCH_KINDS names fewer."""
    import redis

    wanted = [kind for kind in os.environ.get("BENCH_KINDS", f"{ONE_MACHINE},{SERVERS}").split(",") if kind]
    try:
        redis.Redis.from_url(f"{REDIS_SERVER}/0", socket_connect_timeout=2).ping()
        has_servers = postgres_answers()
    except redis.RedisError:
        has_servers = False
    if SERVERS in wanted and not has_servers:
        print("No PostgreSQL or Redis answers: measured on one machine alone.")
        wanted.remove(SERVERS)
    return wanted


def run_parts(module: str, parts: dict[str, Callable[[str], list[str]]]) -> None:
    """Run `python -m MODULE [PART...]`: each part on each kind of installation, in a process of its own."""
    if sys.argv[1:2] == ["--on"]:
        sys.exit(bool(parts[sys.argv[3]](sys.argv[2])))
    broken = [
        f"{part} on {kind}" for part in sys.argv[1:] or parts for kind in kinds() if _run(module, kind, part)
    ]
    if broken:
        raise SystemExit(f"Promises broken: {', '.join(broken)}")


def _run(module: str, kind: str, part: str) -> int:
    """Run a part in a process of its own, with the servers of its kind from the beginning; gives its exit code."""
    with ExitStack() as stack:
        env = {**os.environ, "DATABASE_URL": "", "REDIS_URL": ""}
        if kind == SERVERS:
            env["REDIS_URL"] = stack.enter_context(redis_database())
            env["DATABASE_URL"] = stack.enter_context(postgres_database())
        command = [sys.executable, "-m", module, "--on", kind, part]
        return subprocess.run(command, cwd=BASE, env=env, check=False).returncode

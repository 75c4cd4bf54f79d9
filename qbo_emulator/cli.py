"""The command line: opens the port, builds or loads the world, prints one line, serves until a signal."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import uvicorn

from qbo_emulator.app import build_app
from qbo_emulator.core.switches import CHOICES
from qbo_emulator.json_codec import encode
from qbo_emulator.seed.profiles import PROFILES
from qbo_emulator.state import StateFile
from qbo_emulator.world import Settings, World

SAVE_EVERY_SECONDS = 3.0


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="qbo-emulator", description="A pretend QuickBooks Online that runs in its own process."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, default=8900, help="port to listen on, 0 for any free one (8900)")
    parser.add_argument(
        "--company",
        action="append",
        choices=sorted(set(PROFILES) - {"small"}),
        help="company to open; may be repeated",
    )
    parser.add_argument("--single", action="store_true", help="open only the companies that are named")
    parser.add_argument("--customers", type=int, help="customers of the first company, written in bulk")
    parser.add_argument(
        "--invoices", type=int, help="invoices of the first company, or of each small one with --companies"
    )
    parser.add_argument(
        "--companies", type=int, default=0, help="small companies besides, opened when touched"
    )
    parser.add_argument("--state", type=Path, help="file that keeps everything between runs")
    parser.add_argument(
        "--public-url", help="address under which others reach the emulator, when it is not host:port"
    )
    parser.add_argument("--webhook-url", help="where webhooks are sent")
    parser.add_argument("--verifier-token", help="token that signs webhooks")
    parser.add_argument(
        "--redirect-uri", action="append", default=[], help="registered redirect address; may be repeated"
    )
    parser.add_argument("--client-id", help="client id of the app")
    parser.add_argument("--client-secret", help="client secret of the app")
    parser.add_argument("--control-token", help="token that the control page and API ask for")
    parser.add_argument("--seed", help="makes ids, secrets and chances the same on every run")
    parser.add_argument(
        "--rows-as-of",
        type=int,
        choices=CHOICES["rows_as_of"],
        help="the year whose recordings the rows look like (2025)",
    )
    parser.add_argument("--latency", action="store_true", help="answers take as long as in life")
    parser.add_argument("--no-limits", action="store_true", help="start with the request limits switched off")
    return parser.parse_args(argv)


def _settings(given: argparse.Namespace) -> Settings:
    profiles = list(given.company or ["us"])
    if not given.single and "us" in profiles and "us-2" not in profiles:
        profiles.append("us-2")
    return Settings(
        profiles=tuple(profiles),
        customers=given.customers,
        invoices=given.invoices,
        companies=given.companies,
        client_id=given.client_id,
        client_secret=given.client_secret,
        verifier_token=given.verifier_token,
        webhook_url=given.webhook_url,
        redirect_uris=tuple(given.redirect_uri),
        control_token=given.control_token,
        seed=given.seed,
        limits_on=not given.no_limits,
        latency=given.latency,
        rows_as_of=given.rows_as_of,
        public_url=given.public_url.rstrip("/") if given.public_url else None,
    )


def fresh_world(settings: Settings) -> World:
    """A world with newly opened companies."""
    world = World(settings)
    world.refill()
    return world


def _open_socket(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Without the protocol named, asyncio leaves Nagle on and every answer waits 40 ms for an acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(128)
    listener.setblocking(False)
    return listener


class _Server(uvicorn.Server):
    """Leaves signals to the command line: uvicorn raises them again at its end, before anything is saved."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def stop(self) -> None:
        self.should_exit = True


async def _serve(world: World, listener: socket.socket, state: StateFile | None) -> None:
    config = uvicorn.Config(
        build_app(world),
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
        lifespan="off",
    )
    server = _Server(config)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, server.stop)
    sender = asyncio.create_task(world.sender.run())
    saver = asyncio.create_task(_save_now_and_then(world, state)) if state else None
    await server.serve(sockets=[listener])
    for task in (sender, saver):
        if task is not None:
            task.cancel()


async def _save_now_and_then(world: World, state: StateFile) -> None:
    while True:
        await asyncio.sleep(SAVE_EVERY_SECONDS)
        state.write(world)


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


def main(argv: list[str] | None = None) -> int:
    """Run the emulator; gives the exit code: 0 after a signal, 2 when it cannot start."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    given = _arguments(argv)
    try:
        listener = _open_socket(given.host, given.port)
    except OSError as problem:
        _say(
            f"Port {given.port} on {given.host} cannot be used ({problem.strerror}). Choose another "
            "with --port."
        )
        return 2
    state = StateFile(given.state) if given.state else None
    settings = _settings(given)
    try:
        world = (state.read(settings) if state else None) or fresh_world(settings)
    except ValueError as problem:
        _say(f"The state file {given.state} cannot be used: {problem}. Move it away to start afresh.")
        return 2
    host, port = listener.getsockname()[:2]
    world.url = settings.public_url or f"http://{f'[{host}]' if ':' in host else host}:{port}"
    line = {
        "url": world.url,
        "client_id": world.client_id,
        "client_secret": world.client_secret,
        "companies": world.connect_ready(),
        "verifier_token": world.sender.verifier_token,
    }
    if state is not None:
        state.write(world)
    sys.stdout.write(encode(line) + "\n")
    sys.stdout.flush()
    asyncio.run(_serve(world, listener, state))
    if state is not None:
        state.write(world)
    return 0

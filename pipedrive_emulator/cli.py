"""The command line: opens the port, prints the address, serves until a signal."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import socket
import sys

from pipedrive_emulator.core.limits import DAILY_TOKENS
from pipedrive_emulator.seed import SEEDS
from pipedrive_emulator.server import open_socket, server_for
from pipedrive_emulator.world import SCOPES, Settings, World

SECRET_NAME, TOKEN_NAME = "PIPEDRIVE_EMULATOR_CLIENT_SECRET", "PIPEDRIVE_EMULATOR_CONTROL_TOKEN"


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="pipedrive-emulator",
        description="A Pipedrive emulator that runs in its own process.",
        epilog=f"The client secret is read from {SECRET_NAME} (demo-secret), a token for /control from {TOKEN_NAME}.",
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    add("--port", type=int, default=8960, help="port to listen on, 0 for any free one (8960)")
    add("--public-url", help="address under which others reach the emulator, when it is not host:port")
    add("--app-url", default=Settings.app_url, help=f"where the app's frames come from ({Settings.app_url})")
    add("--callback-url", default=Settings.callback_url, help="the app's only OAuth callback address")
    add("--client-id", default=Settings.client_id, help=f"client id of the app ({Settings.client_id})")
    add("--company-id", type=int, default=Settings.company_id, help=f"the company ({Settings.company_id})")
    add("--scopes", default=SCOPES, help=f"what the app may do, with commas between ({SCOPES})")
    add("--seed", choices=SEEDS, default="demo", help="rows to start with (demo)")
    add("--burst", type=int, default=80, help="calls a token may make in two seconds (80)")
    add("--daily-tokens", type=int, default=DAILY_TOKENS, help=f"tokens of a day ({DAILY_TOKENS})")
    return parser.parse_args(argv)


def _settings(given: argparse.Namespace, url: str) -> Settings:
    return Settings(
        public_url=url,
        app_url=given.app_url.rstrip("/"),
        callback_url=given.callback_url,
        client_id=given.client_id,
        client_secret=os.environ.get(SECRET_NAME) or Settings.client_secret,
        company_id=given.company_id,
        control_token=os.environ.get(TOKEN_NAME) or None,
        scopes=tuple(scope for scope in given.scopes.replace(" ", ",").split(",") if scope),
        seed=given.seed,
        burst=given.burst,
        daily_tokens=given.daily_tokens,
    )


async def _serve(world: World, listener: socket.socket) -> None:
    server = server_for(world)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, server.stop)
    await server.serve(sockets=[listener])


def main(argv: list[str] | None = None) -> int:
    """Run the emulator; gives the exit code: 0 after a signal, 2 when it cannot start."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    given = _arguments(argv)
    try:
        listener = open_socket(given.host, given.port)
    except OSError as problem:
        sys.stderr.write(
            f"Port {given.port} on {given.host} cannot be used ({problem.strerror}). Choose another "
            "with --port.\n"
        )
        return 2
    host, port = listener.getsockname()[:2]
    own = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    world = World(_settings(given, given.public_url.rstrip("/") if given.public_url else own))
    sys.stdout.write(world.url + "\n")
    sys.stdout.flush()
    world.courier.start()
    asyncio.run(_serve(world, listener))
    world.courier.stop()
    return 0

"""A whole emulator in threads of this process, for tests."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from types import TracebackType

import uvicorn

from pipedrive_emulator.app import build_app
from pipedrive_emulator.world import Settings, World


def open_socket(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 takes any free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Without the protocol named, asyncio leaves Nagle on and every answer waits 40 ms for an acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(128)
    listener.setblocking(False)
    return listener


class Server(uvicorn.Server):
    """Leaves signals to whoever runs it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take no signal."""
        yield

    def stop(self) -> None:
        """End at the next turn of the loop."""
        self.should_exit = True


def server_for(world: World) -> Server:
    """Return a server of a world, not yet running."""
    config = uvicorn.Config(
        build_app(world),
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
        lifespan="off",
    )
    return Server(config)


class Running:
    """An emulator on a free port while the context lasts: `url` and `world` are its own."""

    def __init__(self, settings: Settings | None = None, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.world = World(settings or Settings())
        self._listener = open_socket(host, port)
        self.url = f"http://{host}:{self._listener.getsockname()[1]}"
        self.world.url = self.url
        self._server = server_for(self.world)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._listener]}, name="emulator", daemon=True
        )

    def __enter__(self) -> Running:
        self.world.courier.start()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()
        self._thread.join(timeout=5)
        self.world.courier.stop()
        self._listener.close()

"""Starts the web process: waitress, which reads a whole request before a thread works on it, so slow senders hold nobody up."""

import argparse
import os
import signal
import sys
from collections.abc import Mapping
from types import FrameType
from typing import Any

import waitress

THREADS = 8
# Connections that send nothing for so long are closed; so many may be open at once, each a file descriptor.
IDLE_SECONDS = 60
CONNECTIONS = 800
# The largest form is below Django's own limit (settings.DATA_UPLOAD_MAX_MEMORY_SIZE); larger bodies are never stored.
LARGEST_BODY = 4 * 1024 * 1024
LARGEST_HEADERS = 64 * 1024
TRUE = {"1", "true", "yes", "on"}


def options(listen: str, env: Mapping[str, str]) -> dict[str, Any]:
    """Return waitress' options. Forwarded headers count only with BEHIND_PROXY, and only from TRUSTED_PROXY.

    From anybody else they are removed, so that nobody can claim another address or that they came by https.
    """
    chosen: dict[str, Any] = {
        "listen": listen,
        "threads": THREADS,
        "connection_limit": CONNECTIONS,
        "channel_timeout": IDLE_SECONDS,
        "max_request_body_size": LARGEST_BODY,
        "max_request_header_size": LARGEST_HEADERS,
        # select() knows no more than 1,024 file descriptors.
        "asyncore_use_poll": True,
        "clear_untrusted_proxy_headers": True,
        "ident": None,
    }
    if env.get("BEHIND_PROXY", "").strip().lower() in TRUE:
        chosen["trusted_proxy"] = env.get("TRUSTED_PROXY", "").strip() or "127.0.0.1"
        chosen["trusted_proxy_headers"] = {"x-forwarded-for", "x-forwarded-proto"}
    return chosen


def _end(signum: int, frame: FrameType | None) -> None:
    # waitress finishes the requests it works on when it meets SystemExit.
    sys.exit(0)


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listen", required=True, help="address and port, for example 127.0.0.1:8000")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, _end)
    from .wsgi import application

    waitress.serve(application, **options(given.listen, os.environ))


if __name__ == "__main__":
    main()

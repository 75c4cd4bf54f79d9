"""A process that takes part in renewing one token: told when to begin, it answers what it got and how long it took."""

import sys
import time

from quickbooks_bridge.gateway.errors import QuickBooksError
from quickbooks_bridge.services.connections.tokens import ConnectionTokenSource


def serve(connection: int, number: int) -> None:
    """For each line read, ask for the token at the instant it names."""
    source = ConnectionTokenSource(connection)
    for line in sys.stdin:
        time.sleep(max(0.0, float(line) - time.time()))
        begun = time.monotonic()
        try:
            said = source.access_token()[-8:]
        except QuickBooksError as error:
            said = f"error:{error.code}"
        sys.stdout.write(f"{number} {said} {(time.monotonic() - begun) * 1000:.0f}\n")
        sys.stdout.flush()

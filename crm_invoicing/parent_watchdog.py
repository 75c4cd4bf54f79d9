"""Runs a module that ends when whoever started it is gone, however suddenly."""

import os
import runpy
import signal
import sys
import threading
import time
from types import FrameType

GRACE = 10.0


def _end(signum: int, frame: FrameType | None) -> None:
    # Servers that know nothing of SIGTERM finish their requests on SystemExit.
    sys.exit(0)


def _hold(descriptor: int) -> None:
    """Wait for the other end of the pipe to close: nobody but the starter holds it."""
    os.read(descriptor, 1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    os._exit(1)


def main() -> None:
    """Run `parent_watchdog.py DESCRIPTOR MODULE ARGUMENTS...` as `python -m MODULE ARGUMENTS...` would."""
    descriptor, module, *arguments = sys.argv[1:]
    signal.signal(signal.SIGTERM, _end)
    threading.Thread(target=_hold, args=(int(descriptor),), daemon=True).start()
    sys.path.insert(0, os.getcwd())
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()

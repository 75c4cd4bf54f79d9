"""A process that is watched: started again when it ends by itself, ended with whoever started it."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent
PARENT_WATCHDOG = str(Path(__file__).resolve().parent / "parent_watchdog.py")
SHORTEST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
STEADY = 60.0
# The C library gives each thread a heap of its own, of which most lies idle: two are a tenth less memory.
ARENAS = "2"


class ManagedProcess:
    """One module run as a process of its own.

    It gets a process group of its own, so that Ctrl-C reaches the starter alone, and the reading end of a pipe whose
    other end dies with the starter (see parent_watchdog.py). The pause before a new start doubles until it ran for a minute.
    """

    def __init__(self, name: str, arguments: list[str], env: dict[str, str]) -> None:
        self.name, self.arguments, self.env = name, arguments, env
        self.process: subprocess.Popen[str] | None = None
        self._pause, self._started = SHORTEST_PAUSE, 0.0
        self._lifeline = -1

    def start(self, *, output: int | None = None) -> subprocess.Popen[str]:
        """Start it; `output` is where its standard output goes, as for Popen."""
        self._let_go()
        reading, self._lifeline = os.pipe()
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-P", PARENT_WATCHDOG, str(reading), *self.arguments],
                env={"MALLOC_ARENA_MAX": ARENAS, **self.env},
                cwd=BASE,
                text=True,
                stdin=subprocess.DEVNULL,
                stdout=output,
                pass_fds=(reading,),
                process_group=0,
            )
        finally:
            os.close(reading)
        self._started = time.monotonic()
        return self.process

    def watch(self, *, output: int | None = None) -> int | None:
        """Start it again when it has ended and its pause is over; gives the exit code it had ended with."""
        if self.process is None or self.process.poll() is None:
            return None
        since_start = time.monotonic() - self._started
        if since_start < self._pause:
            return None
        code = self.process.returncode
        self._pause = SHORTEST_PAUSE if since_start > STEADY else min(self._pause * 2, LONGEST_PAUSE)
        self.start(output=output)
        return code

    def stop(self) -> None:
        """Ask it to end."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def wait(self, until: float) -> None:
        """Wait for its end until an instant of the monotonic clock, then end it and all it started."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self._let_go()

    def _let_go(self) -> None:
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1

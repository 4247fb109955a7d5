"""Processes that we start, watch, restart and stop. None outlives us: Linux ends them when we die."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_RESTARTS_MAX = 5
_RESTART_WINDOW_S = 60.0


class GaveUp(RuntimeError):
    """A process died again and again; the message holds the end of its log."""


def _die_with_parent() -> None:  # runs in the child, between fork and exec
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Process:
    """One supervised process; its output goes to `log`."""

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str]
    handed: tuple[int, ...] = ()
    """Open files that it gets, by their numbers here and there."""
    child: subprocess.Popen[bytes] | None = None
    deaths: list[float] = field(default_factory=list)

    def start(self) -> None:
        """Start it; a new session of its own keeps the terminal's Ctrl-C for us to pass on in order."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self.child = subprocess.Popen(
                list(self.command),
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **self.environment},
                start_new_session=True,
                preexec_fn=_die_with_parent,
                pass_fds=self.handed,
            )

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self.child is not None and self.child.poll() is None

    def stop(self, patience: float = 8.0) -> None:
        """Ask it to end, then end it."""
        if self.child is None or not self.alive:
            return
        self.child.terminate()
        try:
            self.child.wait(patience)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()

    def last_words(self, lines: int = 15) -> str:
        """The end of its log."""
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        except OSError:
            return ""


class Supervisor:
    """Keeps processes running; tells through `say` when one had to be started again."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._processes: list[Process] = []

    def add(self, process: Process) -> None:
        """Start a process and watch it from now on."""
        process.start()
        self._processes.append(process)

    def check(self) -> None:
        """Start again what has died.

        Raises:
            GaveUp: one died more than five times within a minute.
        """
        for process in self._processes:
            if process.alive:
                continue
            code = process.child.returncode if process.child else None
            moment = time.monotonic()
            process.deaths = [at for at in process.deaths if moment - at < _RESTART_WINDOW_S] + [moment]
            if len(process.deaths) > _RESTARTS_MAX:
                raise GaveUp(f"{process.name} keeps ending (exit {code}):\n{process.last_words()}")
            self._say(f"{process.name} ended (exit {code}); starting it again")
            process.start()

    def again(self, *names: str) -> None:
        """Stop and start again those with these names; how often they died before is forgotten."""
        for process in self._processes:
            if process.name in names:
                process.stop()
                process.deaths.clear()
                process.start()

    def stop(self) -> None:
        """Stop all, the last started first."""
        for process in reversed(self._processes):
            process.stop()
        self._processes.clear()

"""A child process that does not outlive its parent."""

import asyncio
import ctypes
import os
import signal
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1


async def spawn(arguments: list[str], log: Path) -> asyncio.subprocess.Process:
    """Start a child that writes to `log`; on Linux the kernel kills it with us, even when we die of kill -9."""
    parent = os.getpid()
    prctl = ctypes.CDLL(None, use_errno=True).prctl if sys.platform == "linux" else None

    def die_with_parent() -> None:
        if prctl is None:
            return
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the line above
            os._exit(1)

    with log.open("ab") as output:
        return await asyncio.create_subprocess_exec(
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C reaches us only; we stop the child in order
            preexec_fn=die_with_parent,  # takes no locks, so other threads cannot block it
        )

"""CPU seconds and memory used by processes of this machine, so that a figure can name its bottleneck."""

import resource
import sys
from pathlib import Path

import psutil
import psycopg

from ledger_indexer.mirror.listening import plain_url


def cpu_of(number: int) -> float:
    """Seconds of CPU of a process with its children, living and gone; 0 when it is not of this machine."""
    try:
        top = psutil.Process(number)
        times = top.cpu_times()
        gone = times.children_user + times.children_system
        return float(times.user + times.system + gone) + sum(cpu_of(child.pid) for child in top.children())
    except psutil.Error:
        return 0.0


def postmaster_of(url: str) -> int | None:
    """The server process behind an address, if it runs on this machine."""
    with psycopg.connect(plain_url(url)) as connection:
        try:
            backend = psutil.Process(connection.info.backend_pid)
            return backend.ppid() if backend.name() == "postgres" else None
        except psutil.Error:
            return None


def version_of(url: str) -> str:
    """The server's version, as it says it."""
    with psycopg.connect(plain_url(url)) as connection:
        version = connection.info.server_version
    return f"PostgreSQL {version // 10_000}.{version % 10_000}"


def peak_mb() -> float:
    """The most memory this process has had.

    Not ``ru_maxrss`` where it can be helped: that survives an exec, so a child would tell its parent's.
    """
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024
    except (OSError, StopIteration):
        unit = 1024 if sys.platform == "darwin" else 1
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit / 1024

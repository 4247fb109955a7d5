"""Where the embedded chain keeps its things, and how one process at a time owns them."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ledger_indexer.node.errors import HomeInUse


@dataclass(frozen=True)
class Home:
    """The folder of one embedded chain."""

    root: Path

    @property
    def genesis(self) -> Path:
        """Chain id, first block and funded accounts; written once."""
        return self.root / "genesis.json"

    @property
    def keys(self) -> Path:
        """Folder of secrets, readable by the owner only."""
        return self.root / "keys"

    @property
    def journal(self) -> Path:
        """Every transaction and block since the first, append-only."""
        return self.root / "journal.bin"

    @property
    def snapshot(self) -> Path:
        """Which state file is current and where the journal's tail after it begins."""
        return self.root / "snapshot.json"

    @property
    def rpc(self) -> Path:
        """Addresses of the running node."""
        return self.root / "rpc.json"

    @property
    def anvil_log(self) -> Path:
        """What the anvil child wrote to its output."""
        return self.root / "anvil.log"

    @property
    def lock(self) -> Path:
        """Held by the running node."""
        return self.root / "node.lock"

    @property
    def snapshot_lock(self) -> Path:
        """Held while a snapshot is made."""
        return self.root / "snapshot.lock"

    def create(self) -> None:
        """Make the folders."""
        self.root.mkdir(parents=True, exist_ok=True)
        self.keys.mkdir(mode=0o700, exist_ok=True)


@contextmanager
def exclusive(lock: Path, what: str) -> Iterator[None]:
    """Hold a lock file; the kernel lets go of it when the process ends, however it ends.

    Raises HomeInUse naming `what` when another process holds it.
    """
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise HomeInUse(f"{what} is already running on {lock.parent}") from None
        yield
    finally:
        os.close(descriptor)


def write_atomically(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Replace a file so that after a crash it is either the old or the new one, never half of it."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename or a new name in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

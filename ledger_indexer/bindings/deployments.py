"""The addresses of one brand's set of contracts, in one small file that every process reads."""

import json
import os
import re
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Protocol

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
FIELDS = {
    "AccessManager": "access_manager",
    "Participants": "participants",
    "BatchLedger": "batch_ledger",
    "EvidenceLog": "evidence_log",
}
"""A contract's name in Solidity, and the field that holds its address wherever a deployment is written down. The only
list of names that there is: whoever needs names, fields or addresses takes them from here."""
CONTRACTS = tuple(FIELDS.values())


class Addresses(Protocol):
    """Anything that has the fields of ``FIELDS``, such as a deployment."""

    @property
    def access_manager(self) -> str: ...
    @property
    def participants(self) -> str: ...
    @property
    def batch_ledger(self) -> str: ...
    @property
    def evidence_log(self) -> str: ...


def addresses_of(deployment: Addresses) -> dict[str, str]:
    """Contract name to lower-case address."""
    return {name: getattr(deployment, field).lower() for name, field in FIELDS.items()}


@dataclass(frozen=True, slots=True)
class Deployment:
    """Addresses as ``0x…``; ``block`` is the first block that holds any of the contracts.

    ``finality_depth`` is how many blocks above a log make it final (0 on chains with instant finality).
    ``sanctioner`` is the account that changes standings, None where it is not told apart from the one that enrols;
    its word carries a delay of ``sanction_delay_s`` seconds.
    ``code_hashes`` maps a contract's name to the 0x SHA-256 of its runtime code, or None where unknown.
    """

    chain_id: int
    access_manager: str
    participants: str
    batch_ledger: str
    evidence_log: str
    block: int
    finality_depth: int
    code_hashes: dict[str, str | None] = field(default_factory=dict)
    sanctioner: str | None = None
    sanction_delay_s: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be a deployment, with ValueError."""
        for name in CONTRACTS:
            address = getattr(self, name)
            if not isinstance(address, str) or not _ADDRESS.fullmatch(address):
                raise ValueError(f"{name} is not an address: {address!r}")
        if self.sanctioner is not None and not _ADDRESS.fullmatch(self.sanctioner):
            raise ValueError(f"sanctioner is not an address: {self.sanctioner!r}")
        if min(self.chain_id, self.block, self.finality_depth, self.sanction_delay_s) < 0:
            raise ValueError("chain id, block, finality depth and delay are never negative")

    @property
    def digest(self) -> bytes:
        """Identifies what a mirror follows: chain, addresses and first block."""
        parts = [str(self.chain_id), str(self.block), *(getattr(self, n).lower() for n in CONTRACTS)]
        return sha256("\n".join(parts).encode()).digest()

    @property
    def watched(self) -> dict[str, str]:
        """Contract name to lower-case address, of the contracts whose logs are mirrored."""
        return addresses_of(self)

    @classmethod
    def load(cls, path: Path | str) -> "Deployment":
        """Read a deployment file; raises OSError, or ValueError when it does not hold one."""
        values = json.loads(Path(path).read_text("utf-8"))
        try:
            return cls(**values)
        except TypeError as error:
            raise ValueError(f"{path} is not a deployment: {error}") from error

    def save(self, path: Path | str) -> None:
        """Write the file so that a reader sees the old one or the new one, never a half."""
        target = Path(path)
        fresh = target.with_name(target.name + ".new")
        with fresh.open("w", encoding="utf-8") as file:
            file.write(json.dumps(asdict(self), indent=2) + "\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(target)


def code_hash(code: bytes) -> str:
    """How a contract's runtime code is written in ``code_hashes``."""
    return "0x" + sha256(code).hexdigest()

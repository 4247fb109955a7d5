"""The ABI and bytecode of the compiled contracts, and the declarations of their logs."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from eth_hash.auto import keccak

if TYPE_CHECKING:  # loading it takes a tenth of a second
    from eth_typing import ABI, ABIEvent

_FOLDER = Path(__file__).parent / "abi"
_DECLARATION = re.compile(r"(?P<name>\w+)\((?P<inputs>[^)]*)\)")


@dataclass(frozen=True, slots=True)
class AbiInput:
    """One argument of a log: Solidity's canonical type, and whether it is a topic."""

    name: str
    type: str
    indexed: bool


@dataclass(frozen=True, slots=True)
class AbiEvent:
    """The declaration of a log."""

    name: str
    inputs: tuple[AbiInput, ...]

    @property
    def signature(self) -> str:
        """Name and canonical types, as hashed into the first topic."""
        return f"{self.name}({','.join(i.type for i in self.inputs)})"

    @property
    def topic0(self) -> bytes:
        """The log's first topic: the hash of its signature."""
        return keccak(self.signature.encode())


@dataclass(frozen=True, slots=True)
class Contract:
    """A compiled contract as exported: what deploying and calling it needs."""

    name: str
    abi: ABI
    bytecode: str
    compiler: str

    def events(self) -> tuple[AbiEvent, ...]:
        """The logs that the contract declares."""
        return tuple(event_of(entry) for entry in self.abi if entry["type"] == "event")


def parse_declaration(text: str) -> AbiEvent:
    """Read ``Name(type [indexed] name, …)`` with canonical types; raises ValueError for anything else."""
    match = _DECLARATION.fullmatch(text)
    if match is None:
        raise ValueError(f"not a log's declaration: {text}")
    inputs = []
    for part in filter(None, (p.strip() for p in match["inputs"].split(","))):
        words = part.split()
        inputs.append(AbiInput(words[-1], words[0], "indexed" in words[1:-1]))
    return AbiEvent(match["name"], tuple(inputs))


def event_of(entry: ABIEvent) -> AbiEvent:
    """A log's declaration from its JSON ABI entry."""
    inputs = (AbiInput(i.get("name", ""), i["type"], i["indexed"]) for i in entry.get("inputs", ()))
    return AbiEvent(entry["name"], tuple(inputs))


@lru_cache
def contract(name: str) -> Contract:
    """The exported contract of this name; raises FileNotFoundError when it was never exported."""
    exported = json.loads((_FOLDER / f"{name}.json").read_text("utf-8"))
    bytecode = exported["bytecode"]
    compiler = exported["compiler"]
    return Contract(exported["contractName"], exported["abi"], bytecode, compiler if isinstance(compiler, str) else "")

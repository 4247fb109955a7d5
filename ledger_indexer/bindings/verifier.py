"""The address of the verifier of browsers' P-256 keys, the same on every chain."""

from functools import lru_cache

from eth_hash.auto import keccak

from ledger_indexer.bindings.abi import contract

CREATE2_FACTORY = bytes.fromhex("4e59b44847b379578588920ca78fbf26c0b4956c")
"""The deterministic deployer: what it deploys has the same address on every chain."""


@lru_cache
def p256_verifier() -> bytes:
    """Address (20 bytes) of the verifier of WebCrypto keys (CREATE2, salt 0)."""
    code = bytes.fromhex(contract("P256Sha256Verifier").bytecode.removeprefix("0x"))
    return keccak(b"\xff" + CREATE2_FACTORY + bytes(32) + keccak(code))[12:]

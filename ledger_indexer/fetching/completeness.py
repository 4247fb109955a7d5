"""Checks that a node's logs are all the logs of its blocks. Pure.

A header commits to its logs twice: by the receipts root, which the audit recomputes, and by a bloom filter,
which costs nothing to look at for every block. A bloom that names our contracts while no log came, or a hole in
the logs' numbers, does not prove that something was withheld, but is a reason to ask for the block's receipts.
"""

from collections.abc import Collection, Iterable, Sequence

from eth_hash.auto import keccak

from ledger_indexer.blocks.wire import Header, WireLog
from ledger_indexer.errors import ForkMoved, NodeFault

_NO_BLOOM = bytes(256)


def bloom_mask(value: bytes) -> int:
    """The three bits that an address or topic sets in a block's 2048-bit bloom (yellow paper, 4.3.1)."""
    digest = keccak(value)
    mask = 0
    for place in (0, 2, 4):
        mask |= 1 << (int.from_bytes(digest[place : place + 2], "big") & 2047)
    return mask


def bloom_of(logs: Iterable[tuple[bytes, bytes]]) -> int:
    """The bloom of logs, each as (address, all topics in a row)."""
    values = {v for address, topics in logs for v in (address, *_split(topics))}
    bloom = 0
    for value in values:
        bloom |= bloom_mask(value)
    return bloom


def blocks_in_doubt(headers: Sequence[Header], wire: Sequence[WireLog], watched: Collection[str]) -> list[Header]:
    """The blocks whose logs need to be checked against their receipts.

    ``watched`` are lower-case 0x addresses. Raises ForkMoved when a log belongs to another block of the same
    number, NodeFault when the answer cannot be true: logs out of order, twice, or of contracts not asked about.
    """
    masks = [bloom_mask(bytes.fromhex(address[2:])) for address in watched]
    asked = frozenset(watched)
    found: dict[str, tuple[str, int, list[int]]] = {
        "0x" + header.hash.hex(): (hex(header.number), header.number, []) for header in headers
    }
    last = (-1, -1)
    for log in wire:
        block = found.get(log.blockHash)
        if block is None or block[0] != log.blockNumber:
            raise ForkMoved(f"block {int(log.blockNumber, 16)} is another one in the logs than in the headers")
        if log.address not in asked:
            raise NodeFault(f"the node sent a log of {log.address}, which was not asked for")
        index = int(log.logIndex, 16)
        place = (block[1], index)
        if place <= last:
            raise NodeFault(f"log {index} of block {block[1]} came twice or out of order")
        last = place
        block[2].append(index)
    return [h for h, (_, _, indexes) in zip(headers, found.values(), strict=True) if _doubt(h, indexes, masks)]


def _doubt(header: Header, indexes: Sequence[int], masks: Sequence[int]) -> bool:
    if indexes:
        return indexes[-1] != len(indexes) - 1
    if header.bloom == _NO_BLOOM:
        return False
    bloom = int.from_bytes(header.bloom, "big")
    return any(bloom & mask == mask for mask in masks)


def _split(topics: bytes) -> list[bytes]:
    return [topics[at : at + 32] for at in range(0, len(topics), 32)]

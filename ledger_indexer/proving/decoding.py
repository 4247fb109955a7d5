"""Reading proven bytes: a log in a receipt, a row in a log, the chain id in a transaction. Pure."""

from functools import lru_cache

from ledger_indexer.bindings.abi import AbiEvent, parse_declaration
from ledger_indexer.bindings.deployments import addresses_of
from ledger_indexer.bindings.logs import LOGS
from ledger_indexer.errors import Undecodable
from ledger_indexer.proving.proof_file import Coordinates, DoesNotHold
from ledger_indexer.rlp import Item, NotRlp, decode
from ledger_indexer.rows.decode import Decoder, Value, compile_decoder

RAW = "RawLog"
"""Name of a row whose log no declaration of ours reads: its values are topics and data."""


_WITH_CHAIN = (1, 2, 3, 4)
"""Types of transactions whose first field is the chain's id."""


def log_at(receipt: bytes, place: int) -> tuple[str, bytes, bytes]:
    """Address, topics in a row and data of a log in a receipt's bytes (EIP-2718: a type may stand before them)."""
    try:
        fields = decode(receipt if receipt[0] >= 0xC0 else receipt[1:])
    except NotRlp as error:
        raise DoesNotHold(f"the receipt {error}") from error
    logs = fields[3] if isinstance(fields, list) and len(fields) >= 4 else None
    if not isinstance(logs, list):
        raise DoesNotHold("the receipt holds no list of logs")
    if not 0 <= place < len(logs):
        raise DoesNotHold(f"the receipt holds {len(logs)} logs, none at place {place}")
    return _log(logs[place])


def _log(part: Item) -> tuple[str, bytes, bytes]:
    if isinstance(part, list) and len(part) == 3:
        address, topics, data = part
        if isinstance(address, bytes) and isinstance(topics, list) and isinstance(data, bytes):
            words = [topic for topic in topics if isinstance(topic, bytes) and len(topic) == 32]
            if len(address) == 20 and len(words) == len(topics):
                return "0x" + address.hex(), b"".join(words), data
    raise DoesNotHold("the receipt holds something that is not a log")


@lru_cache
def _readers() -> dict[tuple[str, bytes], tuple[AbiEvent, Decoder]]:
    events = [(log.contract, parse_declaration(log.declaration)) for log in LOGS]
    return {(contract, event.topic0): (event, compile_decoder(event)) for contract, event in events}


def read_log(at: Coordinates, address: str, topics: bytes, data: bytes) -> tuple[str, str, dict[str, str]]:
    """The contract, the log's name and its values as text; a log that the mirror cannot read stays bytes there too."""
    contract = next((name for name, where in addresses_of(at).items() if where == address), None)
    if contract is None:
        raise DoesNotHold(f"the log was emitted by address {address}, where the deployment has no contract")
    unread = {"topics": "0x" + topics.hex(), "data": "0x" + data.hex()}
    event, reader = _readers().get((contract, topics[:32]), (None, None))
    if event is None or reader is None:
        return contract, RAW, unread
    try:
        values = reader(topics, data)
    except Undecodable:
        return contract, RAW, unread
    return contract, event.name, {each.name: as_text(value) for each, value in zip(event.inputs, values, strict=True)}


def as_text(value: Value) -> str:
    """A value of a row as text: bytes in 0x hex, numbers in decimals."""
    return "0x" + value.hex() if isinstance(value, bytes) else str(value).lower()


def chain_of(transaction: bytes) -> int | None:
    """The chain that a transaction is signed for (EIP-155, EIP-2718); None when it does not say."""
    legacy = transaction[0] >= 0xC0
    if not legacy and transaction[0] not in _WITH_CHAIN:
        return None
    try:
        fields = decode(transaction if legacy else transaction[1:])
    except NotRlp:
        return None
    place = 6 if legacy else 0
    if not isinstance(fields, list) or len(fields) <= place:
        return None
    field = fields[place]
    if not isinstance(field, bytes):
        return None
    number = int.from_bytes(field, "big")
    if not legacy:
        return number
    return (number - 35) // 2 if number >= 35 else None

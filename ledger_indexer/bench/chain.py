"""How fast the embedded chain is: captures sequenced and synced a second, and a restart after kill -9."""

import asyncio
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import aiohttp
import coincurve
import httpx2
import orjson
import rlp
from eth_hash.auto import keccak

from ledger_indexer.bindings.abi import parse_declaration
from ledger_indexer.bindings.logs import Captured
from ledger_indexer.node import snapshot
from ledger_indexer.node.embedded import EmbeddedChain
from ledger_indexer.node.errors import ChainError
from ledger_indexer.node.genesis import DEFAULT_CHAIN_ID
from ledger_indexer.node.home import Home

_SENDERS, _ARRAY, _GAS = 4, 64, 100_000
_REST_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Figures:
    """Each transaction bears one capture: its log of 11 words, and one new slot of the state.

    `restart_s` is from starting the process after kill -9 until it answers and takes transactions, at rest (median);
    `restart_loaded_s` is the same for a kill in the middle of the load; `past_s` until the oldest log is served too.
    """

    transactions: int
    captures_per_s: int
    restart_s: float
    restart_past_s: float
    restart_loaded_s: float
    blocks: int
    same_hashes: bool

    def as_json(self) -> dict[str, object]:
        """For `--json`."""
        return asdict(self)


def bench(home: Path, *, transactions: int = 100_000, restarts: int = 5) -> Figures:
    """Fill a chain in an empty folder, kill it and start it again."""
    chain = EmbeddedChain(home)
    chain.start()
    try:
        keys = chain.keys(_SENDERS)
        raws = [_signed(key, transactions // _SENDERS) for key in keys]
        seconds = asyncio.run(_send(chain.http, raws))
        sent = sum(map(len, raws))
        loaded, _ = _restart(chain)
        _await_mined(chain.http, {"0x" + _address(key).hex(): len(mine) for key, mine in zip(keys, raws, strict=True)})
        before = _tip(chain.http)
        _await_snapshot(chain, before["number"])
        at_rest = [_restart(chain) for _ in range(restarts)]
        after = _tip(chain.http)
        return Figures(
            transactions=sent,
            captures_per_s=round(sent / seconds),
            restart_s=round(statistics.median(ready for ready, _ in at_rest), 2),
            restart_past_s=round(statistics.median(whole for _, whole in at_rest), 2),
            restart_loaded_s=round(loaded, 2),
            blocks=int(after["number"], 16),
            same_hashes=before["hash"] == after["hash"],
        )
    finally:
        chain.stop()


def _capture_code() -> bytes:
    """Makes a contract that, called with a number, stores it and says it as a capture of one of 64 batches."""
    topic = parse_declaration(Captured.declaration).topic0.hex()
    store, step, party, batch, evidence = "600160003555", "6001600052", "6007", "603f60003516", "600035"
    runtime = f"{store}{step}{party}{batch}{evidence}7f{topic}6101006000a400"
    size = f"{len(runtime) // 2:02x}"
    return bytes.fromhex(f"60{size}600c60003960{size}6000f3{runtime}")


def _signed(key: bytes, count: int) -> list[str]:
    """A sender's transactions: the first makes the contract that the others call."""
    private = coincurve.PrivateKey(key)
    contract = keccak(rlp.encode([_address(key), b""]))[12:]
    first = _raw(private, 0, b"", _capture_code(), 1_000_000)
    return [first, *(_raw(private, at, contract, at.to_bytes(32, "big"), _GAS) for at in range(1, count))]


def _address(key: bytes) -> bytes:
    return bytes(keccak(coincurve.PrivateKey(key).public_key.format(compressed=False)[1:])[12:])


def _raw(key: coincurve.PrivateKey, nonce: int, to: bytes, data: bytes, gas: int) -> str:
    body = [DEFAULT_CHAIN_ID, nonce, 0, 0, gas, to, 0, data, []]
    signature = key.sign_recoverable(keccak(b"\x02" + rlp.encode(body)), hasher=None)
    r, s = (int.from_bytes(part, "big") for part in (signature[:32], signature[32:64]))
    signed: bytes = rlp.encode([*body, signature[64], r, s])
    return "0x02" + signed.hex()


async def _send(http: str, raws: Sequence[Sequence[str]]) -> float:
    """Seconds until every transaction is answered, which is after it is synced to disk."""
    started = time.perf_counter()
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=120)) as session:
        await asyncio.gather(*(_send_one(session, http, mine) for mine in raws))
    return time.perf_counter() - started


async def _send_one(session: aiohttp.ClientSession, http: str, raws: Sequence[str]) -> None:
    for start in range(0, len(raws), _ARRAY):
        body = [_request("eth_sendRawTransaction", raw) for raw in raws[start : start + _ARRAY]]
        headers = {"Content-Type": "application/json"}
        async with session.post(http, data=orjson.dumps(body), headers=headers) as response:
            for answer in orjson.loads(await response.read()):
                if "error" in answer:
                    raise ChainError(str(answer["error"]))


def _restart(chain: EmbeddedChain) -> tuple[float, float]:
    """Kill and start; seconds until the newest block's number is answered, and until the first block is."""
    chain.kill()
    started = time.perf_counter()
    chain.start()
    _ask(chain.http, "eth_blockNumber")
    ready = time.perf_counter() - started
    _ask(chain.http, "eth_getLogs", {"fromBlock": "0x1", "toBlock": "0x1"})
    return ready, time.perf_counter() - started


def _await_mined(http: str, counts: dict[str, int]) -> None:
    """Wait until all that was answered is in blocks."""
    deadline = time.monotonic() + _REST_SECONDS
    while any(_nonce(http, who) < count for who, count in counts.items()):
        if time.monotonic() > deadline:
            raise ChainError("transactions that were answered are not in any block")
        time.sleep(0.1)


def _await_snapshot(chain: EmbeddedChain, number: str) -> None:
    """Wait until the snapshot that follows the load is made, as it is when the chain rests."""
    deadline = time.monotonic() + _REST_SECONDS
    while time.monotonic() < deadline:
        found = snapshot.find(Home(chain.home))
        if found is not None and found.number == int(number, 16):
            return
        time.sleep(0.2)


def _nonce(http: str, sender: str) -> int:
    return int(str(_ask(http, "eth_getTransactionCount", sender, "latest")), 16)


def _tip(http: str) -> dict[str, str]:
    found = _ask(http, "eth_getBlockByNumber", "latest", False)
    assert isinstance(found, dict)
    return found


def _ask(http: str, method: str, *params: object) -> object:
    return httpx2.post(http, json=_request(method, *params), timeout=60).json()["result"]


def _request(method: str, *params: object) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}

"""Which JSON-RPC methods the world may call. Pure."""

from collections.abc import Mapping

SEND = "eth_sendRawTransaction"
"""Goes to the sequencer, never to anvil directly."""

READS = frozenset(
    {
        "eth_blockNumber", "eth_call", "eth_chainId", "eth_createAccessList", "eth_estimateGas", "eth_feeHistory",
        "eth_gasPrice", "eth_getBalance", "eth_getBlockByHash", "eth_getBlockByNumber", "eth_getBlockReceipts",
        "eth_getBlockTransactionCountByHash", "eth_getBlockTransactionCountByNumber", "eth_getCode", "eth_getLogs",
        "eth_getProof", "eth_getRawTransactionByBlockHashAndIndex", "eth_getStorageAt",
        "eth_getTransactionByBlockHashAndIndex",
        "eth_getTransactionByBlockNumberAndIndex", "eth_getTransactionByHash", "eth_getTransactionCount",
        "eth_getTransactionReceipt", "eth_maxPriorityFeePerGas", "eth_protocolVersion", "eth_syncing",
        "eth_newFilter", "eth_newBlockFilter", "eth_getFilterChanges", "eth_getFilterLogs", "eth_uninstallFilter",
        "net_version", "net_listening", "web3_clientVersion", "web3_sha3",
    }
)  # fmt: skip
"""Methods that change nothing. A list of what is allowed, because anvil's own are many and grow."""

SUBSCRIPTIONS = frozenset({"eth_subscribe", "eth_unsubscribe"})
"""On a WebSocket only."""

ADMIN_PREFIXES = ("anvil_", "evm_", "hardhat_", "debug_", "trace_", "txpool_")
"""Let through for tests with `--allow-admin`. They bypass the journal: what they change is lost at a restart."""


def allowed(method: str, *, websocket: bool, admin: bool) -> bool:
    """Whether a method may be forwarded to anvil."""
    if method in READS or (websocket and method in SUBSCRIPTIONS):
        return True
    return admin and method.startswith(ADMIN_PREFIXES)


_OF_NOW = frozenset(
    {
        "eth_blockNumber", "eth_chainId", "eth_gasPrice", "eth_maxPriorityFeePerGas", "eth_syncing",
        "net_version", "net_listening", "web3_clientVersion", "web3_sha3",
    }
)  # fmt: skip
_OF_A_STATE = {"eth_getTransactionCount": 1, "eth_getBalance": 1, "eth_getCode": 1, "eth_call": 1, "eth_estimateGas": 1}
_NOW = ("latest", "pending")


def of_the_present(message: Mapping[str, object]) -> bool:
    """Whether a read can be answered from the newest state alone, without any block before it."""
    method, params = str(message["method"]), message.get("params") or []
    if method in _OF_NOW:
        return True
    place = _OF_A_STATE.get(method)
    if place is None or not isinstance(params, list):
        return False
    return len(params) <= place or params[place] in _NOW

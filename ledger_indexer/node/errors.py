"""The embedded chain's errors, by who can act on them."""

from ledger_indexer.errors import IndexerError


class ChainError(IndexerError):
    """Anything the embedded chain refuses or reports."""


class AnvilMissing(ChainError):
    """The anvil program is not installed: the operator acts."""


class HomeInUse(ChainError):
    """Another process holds this home: the operator acts."""


class WrongGenesis(ChainError):
    """The home was made for another chain than the one asked for: the operator acts."""


class JournalDamaged(ChainError):
    """The journal is damaged before its end, where it had been stored safely: restore it from a copy."""


class ReplayDiverged(ChainError):
    """The journal replays to other blocks than were mined: stop the line and say so."""


class NodeGone(ChainError):
    """The anvil child died or does not answer: start another one and replay."""


class NodeMisordered(NodeGone):
    """The anvil child mined other transactions than it was told to: discard it and replay."""


class Rejected(ChainError):
    """A transaction or request is refused; `code` is the JSON-RPC error code the sender sees."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

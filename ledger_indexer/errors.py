"""The indexer's errors, by who can act on them."""


class IndexerError(Exception):
    """Anything this package refuses or reports."""


class WrongChain(IndexerError):
    """The node, the deployment file and the mirror do not speak of the same contracts: the operator acts."""


class NodeUnavailable(IndexerError):
    """The node cannot be reached or is overloaded: time helps.

    ``retry_after_s`` says how long the node wants to be left alone; 0 when it named no time.
    """

    def __init__(self, message: str, retry_after_s: float = 0.0) -> None:
        """With the node's own words in the message, where it had any."""
        super().__init__(message)
        self.retry_after_s = retry_after_s


class NodeBusy(NodeUnavailable):
    """The node was asked too often: ask the same again, later, and never in smaller pieces at once."""


class NodeOverloaded(NodeUnavailable):
    """The node, or a door before it, broke down over the question: later, and with less at once."""


class RangeTooLarge(IndexerError):
    """The node refuses to answer for so many blocks or calls at once: ask for fewer."""


class NodeFault(IndexerError):
    """The node's answers contradict each other (links, blooms, log numbers): ask again, never store."""


class NotYet(NodeFault):
    """The node has the block but not yet what belongs to it: ask again soon."""


class Refused(NodeFault):
    """The node answered with an error; ``code`` and ``words`` are the node's own."""

    def __init__(self, message: str, code: int = 0, words: str = "") -> None:
        """With a sentence for people."""
        super().__init__(message)
        self.code, self.words = code, words


class Unsupported(Refused):
    """The node does not offer this method."""


class ForkMoved(IndexerError):
    """The chain was rewritten while a range was fetched: fetch it again from the fork."""


class Undecodable(IndexerError, ValueError):
    """A log's bytes do not fit its declaration: it is kept in quarantine."""


class Fenced(IndexerError):
    """Another indexer moved the cursor: this one must stop."""


class MirrorMissing(IndexerError):
    """The mirror's tables are not there: run the migrations first."""


class NotProvable(IndexerError):
    """A row that is asked for is not in the mirror, or the chain has it otherwise: nothing is handed out."""

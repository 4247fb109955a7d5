"""Ways in which following a chain can go wrong, by who can act on it."""


class IndexerError(Exception):
    """Anything this package refuses or reports."""


class WrongChain(IndexerError):
    """The node, the deployment file and the mirror do not speak of the same contracts: the operator acts."""


class NodeUnavailable(IndexerError):
    """The node cannot be reached or is overloaded: time helps."""


class RangeTooLarge(IndexerError):
    """The node refuses to answer for so many blocks at once: ask for fewer."""


class NodeFault(IndexerError):
    """The node's answers contradict each other (links, blooms, log numbers): ask again, never store."""


class Unsupported(NodeFault):
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

"""The mirror against several nodes: where they differ, which of them contradicts a hash, or that none does.

Nobody is out-voted here. A node is called a liar only for what it said itself: a header that does not hash to its
name, a block that does not stand on the one below, receipts that are not those of their header, logs that are not
those of its receipts. Two nodes without such a fault but with different blocks are forked, and it is said where.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ledger_indexer.auditing.contradictions import contradiction, hashes_itself
from ledger_indexer.auditing.mirror import audit
from ledger_indexer.auditing.report import Report
from ledger_indexer.bindings.deployments import Deployment
from ledger_indexer.errors import IndexerError, WrongChain
from ledger_indexer.fetching.client import Node
from ledger_indexer.mirror.snapshot import Snapshot

_UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, OverflowError)


@dataclass(slots=True)
class NodeFinding:
    """One node's part: its audit, how it contradicts itself (``lie``), or why its answers could not be used."""

    url: str
    report: Report | None = None
    lie: str | None = None
    unheard: str | None = None

    @property
    def clean(self) -> bool:
        """Whether the mirror is what this node says."""
        return self.report is not None and self.report.difference is None and not self.unheard and not self.lie


@dataclass(slots=True)
class Fork:
    """The first height at which two nodes that contradict nothing have different blocks; hashes in 0x hex.

    ``mirror`` is the node whose branch the mirror follows, if any.
    """

    block: int
    one: str
    one_hash: str
    other: str
    other_hash: str
    mirror: str | None


@dataclass(slots=True)
class NodesReport:
    """The findings of all nodes up to a block, and the conclusions in words; ``agreed``: nothing is left to act on."""

    last: int
    findings: list[NodeFinding]
    forks: list[Fork] = field(default_factory=list)
    conclusions: list[str] = field(default_factory=list)

    @property
    def agreed(self) -> bool:
        """Whether every node was heard and says what the mirror says, and one at least has come as far as it."""
        return not self.forks and self.reached >= self.last and all(finding.clean for finding in self.findings)

    @property
    def reached(self) -> int:
        """The newest block that any node was heard about; -1 when none was."""
        return max((f.report.last for f in self.findings if f.report is not None), default=-1)

    @property
    def liars(self) -> list[str]:
        """The nodes that contradict themselves."""
        return [finding.url for finding in self.findings if finding.lie]


def audit_nodes(
    nodes: Sequence[Node], snapshot: Snapshot, deployment: Deployment, first: int | None = None, last: int | None = None
) -> NodesReport:
    """Audit a mirror against each node; where anything differs, look for who contradicts what.

    Raises:
        WrongChain: there is no mirror of this deployment. What a node alone does wrong becomes its finding.
    """
    tip = snapshot.tip()
    if tip is None or snapshot.digest() != deployment.digest:
        raise WrongChain("there is no mirror of this deployment to audit")
    start = max(deployment.block, first or 0)
    end = tip[0] if last is None else min(last, tip[0])
    verdict = NodesReport(end, [_audited(node, snapshot, deployment, (first, last), tip[0]) for node in nodes])
    reports = [finding.report for finding in verdict.findings]
    if verdict.agreed and all(r is not None and r.unchecked == reports[0].unchecked for r in reports if reports[0]):
        verdict.conclusions.append(f"all {len(nodes)} nodes and the mirror say the same")
        return verdict
    _look_for_lies(nodes, verdict, deployment, start, end)
    honest = [n for n, f in zip(nodes, verdict.findings, strict=True) if not f.lie and not f.unheard]
    for other in honest[1:]:
        fork = _fork(honest[0], other, snapshot, start, end)
        if fork is not None:
            verdict.forks.append(fork)
    _conclude(verdict)
    return verdict


def _audited(
    node: Node, snapshot: Snapshot, deployment: Deployment, span: tuple[int | None, int | None], tip: int
) -> NodeFinding:
    finding = NodeFinding(node.url)
    try:
        chain = node.chain_id()
        if chain != deployment.chain_id:
            finding.unheard = f"it is on chain {chain}, the deployment on chain {deployment.chain_id}"
            return finding
        newest = node.newest().number
        first, last = span
        if newest < (tip if last is None else min(last, tip)):
            last = newest
        finding.report = audit(node, snapshot, deployment, first, last)
        if last == newest < tip:
            finding.report.add_unchecked(f"blocks above {newest}: the node has no later one, the mirror goes to {tip}")
    except IndexerError as error:
        finding.unheard = str(error)
    except _UNREADABLE as error:
        finding.unheard = f"its answers cannot be read: {error!r}"
    return finding


def _look_for_lies(nodes: Sequence[Node], verdict: NodesReport, deployment: Deployment, start: int, end: int) -> None:
    """Look in each node that answers for a place where it contradicts itself."""
    hashed = any(hashes_itself(node, start) for node in nodes)
    for node, finding in zip(nodes, verdict.findings, strict=True):
        try:
            if node.chain_id() != deployment.chain_id:
                continue
            reached = min(end, node.newest().number)
            finding.lie = contradiction(node, deployment, start, reached, hashed=hashed)
        except IndexerError as error:
            finding.unheard = finding.unheard or str(error)
        except _UNREADABLE as error:
            finding.unheard = finding.unheard or f"its answers cannot be read: {error!r}"


def _fork(one: Node, other: Node, snapshot: Snapshot, start: int, end: int) -> Fork | None:
    """Where two chains part, by halving: links were checked, so below a common block everything is common."""
    low, high = start, min(end, one.newest().number, other.newest().number)
    if high < low or _hash(one, high) == _hash(other, high):
        return None
    while low < high:
        middle = (low + high) // 2
        if _hash(one, middle) == _hash(other, middle):
            low = middle + 1
        else:
            high = middle
    tip = snapshot.tip()
    follows = [node.url for node in (one, other) if tip and _hash(node, tip[0]) == "0x" + tip[1].hex()]
    return Fork(high, one.url, _hash(one, high), other.url, _hash(other, high), follows[0] if follows else None)


def _hash(node: Node, number: int) -> str:
    header = node.header_at(number)
    return "none" if header is None else "0x" + header.hash.hex()


def _conclude(verdict: NodesReport) -> None:
    say = verdict.conclusions.append
    for finding in verdict.findings:
        if finding.lie:
            say(f"{finding.url} lies: {finding.lie}")
        elif finding.unheard:
            say(f"{finding.url} was not heard: {finding.unheard}")
    for fork in verdict.forks:
        follows = f"the mirror follows {fork.mirror}" if fork.mirror else "the mirror follows neither"
        say(
            f"{fork.one} and {fork.other} are forked from block {fork.block}: the one has {fork.one_hash}, the other"
            f" {fork.other_hash}. Each is consistent in itself, and mathematics cannot tell which chain is the right"
            f" one; {follows}"
        )
    honest = [f for f in verdict.findings if f.report is not None and not f.lie and not f.unheard]
    if honest and verdict.reached < verdict.last:
        say(f"no node has a block above {verdict.reached}, but the mirror goes to {verdict.last}")
    if verdict.forks or not honest:
        return
    differences = {f.report.difference for f in honest if f.report is not None}
    if differences == {None}:
        say(f"the mirror is what {' and '.join(f.url for f in honest)} say{'s' * (len(honest) == 1)}")
    elif len(differences) == 1:
        names = " and ".join(f.url for f in honest)
        say(f"the mirror is wrong, by the hashes of {names}: {differences.pop()}")
    else:
        differing = "; ".join(f"{f.url}: {f.report.difference or 'no difference'}" for f in honest if f.report)
        say(f"the nodes have the same blocks and differ in what no hash was found to contradict: {differing}")

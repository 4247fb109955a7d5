"""SQL of the evidence log's tree: leaves, perfect nodes, heads. Leaves and nodes are only ever added."""

from collections.abc import Sequence

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from backend.anchoring.rules import ALIVE
from backend.capture.rules import EvidenceState
from backend.db.tables.anchoring import anchor, head, intent, leaf, node
from scanner.evidence.tree import GetNode, Node


def size(session: Session) -> int:
    """Number of leaves."""
    newest = session.execute(select(func.max(leaf.c.index))).scalar_one()
    return 0 if newest is None else int(newest) + 1


def get_node(session: Session) -> GetNode:
    """Look-up of perfect nodes; each is read once."""
    known: dict[tuple[int, int], bytes] = {}

    def look(level: int, index: int) -> bytes:
        if (level, index) not in known:
            query = select(node.c.hash).where(node.c.level == level, node.c.index == index)
            known[level, index] = session.execute(query).scalar_one()
        return known[level, index]

    return look


def add_leaves(session: Session, start: int, evidences: Sequence[bytes], nodes: Sequence[Node]) -> None:
    """Append leaves from an index on, with the perfect nodes they complete."""
    session.execute(insert(leaf), [{"index": start + at, "evidence": each} for at, each in enumerate(evidences)])
    session.execute(insert(node), [{"level": n.level, "index": n[1], "hash": n.hash} for n in nodes])


def find_index(session: Session, evidence: bytes) -> int | None:
    """Where a leaf stands."""
    return session.execute(select(leaf.c.index).where(leaf.c.evidence == evidence)).scalar_one_or_none()


def newest_head(session: Session) -> tuple[int, bytes]:
    """Size and root of the newest head that is under way or accepted; (0, b"") when there is none."""
    query = select(head.c.size, head.c.root).join(intent, intent.c.id == head.c.intent)
    row = session.execute(query.where(intent.c.state.in_(ALIVE)).order_by(head.c.size.desc()).limit(1)).one_or_none()
    return (row.size, row.root) if row else (0, b"")


def add_head(session: Session, intent_id: int, previous: int, size: int, root: bytes) -> None:
    """Write a head down; all leaves it adds to the previous one are carried by its intent."""
    session.execute(insert(head).values(intent=intent_id, size=size, root=root))
    added = select(leaf.c.evidence).where(leaf.c.index >= previous, leaf.c.index < size)
    session.execute(
        update(anchor).where(anchor.c.evidence.in_(added)).values(state=EvidenceState.BUNDLED, intent=intent_id)
    )


def size_of_head(session: Session, intent_id: int) -> int:
    """Size of the head that an intent carries."""
    return int(session.execute(select(head.c.size).where(head.c.intent == intent_id)).scalar_one())

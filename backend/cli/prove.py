"""`jiulian prove`: the proof of an evidence, whichever way it went: a record's row, or a leaf under the log's head."""

import re
import sys
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from backend.anchoring import service
from backend.anchoring.rules import LOG, EvidenceKind
from backend.cli.parts import console, database
from backend.db.engine import make_engine, make_sessions
from backend.errors import NotFound, Unavailable
from backend.nodes import get_node
from backend.settings import get_settings
from backend.verification.service import get_unit
from backend.verification.way_form import WayProof, format_way
from backend.verification.way_proof import Prover, bottle_way, case_way
from ledger_indexer.bindings.deployments import Deployment
from ledger_indexer.errors import IndexerError
from ledger_indexer.fetching.client import Node
from ledger_indexer.mirror.snapshot import Snapshot
from ledger_indexer.proving.proof_file import Earlier, HeadProof, Leaf, RowProof, format_proof
from ledger_indexer.proving.prove import find_row, prove_head, prove_row

app = typer.Typer()
_EVIDENCE = re.compile(r"(?:ni:///sha-256;|0x)?([0-9a-fA-F]{64})")
_BOTTLE = re.compile(r"bottle:(\d{14})/(\w{1,20})")
_CASE = re.compile(r"case:(\d{18})")
_HEAD = f"head:0x{LOG.hex()}"


def head_of(
    session: Session, node: Node, snapshot: Snapshot, deployed: Deployment, evidence: bytes | None, since: int | None
) -> HeadProof:
    """The newest head of our evidence log, with a leaf under it and its growth since an earlier size, if asked for.

    Raises:
        NotFound: no accepted head covers the leaf, or no head was ever of the earlier size.
        IndexerError: mirror and node do not prove the head.
    """
    head = prove_head(node, snapshot, deployed, find_row(session.connection(), _HEAD))
    size = int(head.anchored.row.values["size"])
    leaf, earlier = None, None
    if evidence is not None:
        found = service.path_under(session, evidence, size)
        if found is None:
            raise NotFound(f"no accepted head covers the leaf {evidence.hex()} yet")
        leaf = Leaf("0x" + evidence.hex(), found[0], ["0x" + each.hex() for each in found[1]])
    if since is not None:
        try:
            root, path = service.growth(session, since, size)
        except IndexError as error:
            raise NotFound(f"the log has {size} leaves, so there is no growth since {since}") from error
        earlier = Earlier(since, "0x" + root.hex(), ["0x" + each.hex() for each in path])
    return HeadProof(anchored=head.anchored, leaf=leaf, earlier=earlier)


def proof_of(
    session: Session, node: Node, snapshot: Snapshot, deployed: Deployment, wanted: str, since: int | None
) -> RowProof | HeadProof:
    """The proof of what is asked for: `head`, or an evidence in hex or as `ni:///sha-256;…`. Raises as `head_of`."""
    evidence = _EVIDENCE.fullmatch(wanted)
    if wanted != "head" and evidence is None:
        raise NotFound(f"{wanted!r} is neither `head`, `bottle:GTIN/SERIAL`, `case:SSCC` nor an evidence")
    raw = None if evidence is None else bytes.fromhex(evidence[1])
    state = None if raw is None else service.find_state(session, raw)
    if raw is None or (state is not None and state.kind is EvidenceKind.LEAF):
        return head_of(session, node, snapshot, deployed, raw, since)
    return prove_row(node, snapshot, deployed, find_row(session.connection(), wanted))


def way_of(session: Session, node: Node, snapshot: Snapshot, deployed: Deployment, wanted: str) -> WayProof | None:
    """The way of a bottle (`bottle:GTIN/SERIAL`) or a case (`case:SSCC`); None when something else is asked for.

    Raises:
        NotFound: there is no such bottle or case.
        Unavailable: a step is not on chain yet.
        IndexerError: mirror and node do not prove a row.
    """
    prover = Prover(session, node, snapshot, deployed)
    if bottle := _BOTTLE.fullmatch(wanted):
        return bottle_way(session, get_unit(session, bottle[1], bottle[2]), prover, deployed)
    if case := _CASE.fullmatch(wanted):
        return case_way(session, case[1], prover)
    return None


@app.callback(invoke_without_command=True, context_settings={"allow_interspersed_args": True})
def command(
    wanted: Annotated[
        str,
        typer.Argument(metavar="EVIDENCE", help="ni:///sha-256;… or hex, `head`, `bottle:GTIN/SERIAL` or `case:SSCC`"),
    ],
    since: Annotated[
        int | None, typer.Option(help="size of an earlier head that the log is shown to have grown from")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="file to write; stdout by default")] = None,
) -> None:
    """Export a proof that `jiulian verify` checks without us. Exits with 1 and a reason when there is none."""
    settings = get_settings()
    engine = make_engine(database(settings))
    node = Node(get_node(settings).http)
    try:
        deployed = Deployment.load(settings.deployment_path)
        with make_sessions(engine)() as session, Snapshot(database(settings)) as snapshot:
            way = way_of(session, node, snapshot, deployed, wanted)
            text = format_way(way) if way else format_proof(proof_of(session, node, snapshot, deployed, wanted, since))
    except (IndexerError, NotFound, Unavailable, OSError, ValueError) as error:
        console.print(f"[red]{error}[/]")
        raise typer.Exit(1) from error
    finally:
        node.close()
        engine.dispose()
    if out is None:
        sys.stdout.write(text)
    else:
        out.write_text(text, "utf-8")

"""What programs are handed about a bottle: its proof, as JSON and as a file, and the proof of its way."""

from fastapi import APIRouter, Depends
from fastapi.responses import PlainTextResponse, Response

from backend import nodes
from backend.errors import Unavailable
from backend.identity.access import public
from backend.verification import service
from backend.verification.bottle import BOTTLE, get_deployment
from backend.verification.schemas_out import ProofOut, WayOut
from backend.verification.way_form import format_way
from backend.verification.way_proof import Prover, bottle_way
from backend.web.requests import Config, Transaction, limited
from backend.web.shapes import REFUSALS_OF_FILES
from ledger_indexer.errors import IndexerError
from ledger_indexer.fetching.client import Node
from ledger_indexer.mirror.snapshot import Snapshot

router = APIRouter(dependencies=[Depends(limited("scan", lambda settings: settings.consumers.scans_per_minute))])
ways = APIRouter(dependencies=[Depends(limited("way", lambda settings: settings.consumers.ways_per_minute))])


@router.get(BOTTLE + "/proof", response_model_exclude_unset=True)
@public
def proof(session: Transaction, settings: Config, gtin: str, batch: str, serial: str) -> ProofOut:
    """What a phone needs to check the bottle against the chain itself."""
    unit = service.get_unit(session, gtin, serial, batch)
    found = service.proof(session, unit, get_deployment(settings))
    return ProofOut.model_validate({**found, "nodes": list(nodes.node_urls(settings))})


@router.get(BOTTLE + "/proof.txt", response_class=PlainTextResponse, responses=REFUSALS_OF_FILES)
@public
def proof_file(session: Transaction, settings: Config, gtin: str, batch: str, serial: str) -> Response:
    """The proof as a file, for `jiulian verify` or anybody's verifier."""
    unit = service.get_unit(session, gtin, serial, batch)
    text = service.proof_text(session, unit, get_deployment(settings))
    headers = {"Content-Disposition": f'attachment; filename="{unit.serial}.tlog-proof"'}
    return PlainTextResponse(text, headers=headers)


@ways.get(BOTTLE + "/way.json", response_model=WayOut)
@public
def way_file(session: Transaction, settings: Config, gtin: str, batch: str, serial: str) -> Response:
    """The file for `jiulian verify`. A node is asked for the blocks of each step, so it may be had less often."""
    unit = service.get_unit(session, gtin, serial, batch)
    deployment = get_deployment(settings)
    url = session.connection().engine.url.render_as_string(hide_password=False)
    node = Node(nodes.get_node(settings).http)
    try:
        with Snapshot(url) as snapshot:
            prover = Prover(session, node, snapshot, deployment)
            text = format_way(bottle_way(session, unit, prover, deployment))
    except IndexerError as error:
        raise Unavailable(f"mirror and chain do not prove this way at the moment: {error}") from error
    finally:
        node.close()
    headers = {"Content-Disposition": f'attachment; filename="{unit.serial}.way.json"'}
    return Response(text, media_type="application/json", headers=headers)

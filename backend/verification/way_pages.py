"""The proof of a bottle's way as a download: whose device signed each hand-over."""

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from backend import nodes
from backend.errors import Unavailable
from backend.identity.access import public
from backend.verification import service
from backend.verification.pages import BOTTLE, get_deployment
from backend.verification.way_form import format_way
from backend.verification.way_proof import Prover, bottle_way
from backend.web.requests import Config, Transaction, limited
from ledger_indexer.errors import IndexerError
from ledger_indexer.fetching.client import Node
from ledger_indexer.mirror.snapshot import Snapshot

router = APIRouter(dependencies=[Depends(limited("way", lambda settings: settings.consumers.ways_per_minute))])


@router.get(BOTTLE + "/way.json")
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

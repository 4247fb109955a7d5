"""The consumer's phone: the page's own check, run by Node against a node of the chain."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from backend.catalog.rules import Unit
from backend.verification import service as verification
from tests.kit.house import House

_TESTS = Path(__file__).parents[1]
_SCRIPTS = _TESTS.parent / "backend" / "web" / "static" / "js"


def checked_by_phone(house: House, unit: Unit, home: Path) -> dict[str, Any]:
    """What the phone finds when it asks the house's node itself, and the node's complaints."""
    deployed = house.deployment
    with house.sessions() as session:
        proof = verification.proof(session, unit, deployed)
    page = {
        **{"gtin": unit.gtin, "batch": unit.batch, "serial": unit.serial, "verdict": "matches"},
        **{"chain": str(deployed.chain_id), "ledger": deployed.batch_ledger},
        **{"register": deployed.participants, "log": deployed.evidence_log},
    }
    bottle = home / "bottle.json"
    bottle.write_text(json.dumps({"proof": proof, "page": page, "node": house.node}, default=str))
    node = shutil.which("node")
    assert node
    environment = {**os.environ, "SCRIPTS": _SCRIPTS.as_uri(), "BOTTLE": str(bottle)}
    hooks = (_TESTS / "unit" / "js" / "register.mjs").as_uri()
    script = _TESTS / "integration" / "selfcheck_once.mjs"
    command = [node, "--import", hooks, str(script)]
    told = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert told.returncode == 0, told.stderr
    outcome: dict[str, Any] = json.loads(told.stdout)
    return outcome

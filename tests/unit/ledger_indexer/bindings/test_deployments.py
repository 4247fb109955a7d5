"""Where the contracts stand."""

from dataclasses import replace
from pathlib import Path

import pytest

from ledger_indexer.bindings.deployments import Deployment
from tests.fakes.chain import DEPLOYMENT


def test_a_deployment_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "deployment.json"
    DEPLOYMENT.save(file)
    assert Deployment.load(file) == DEPLOYMENT
    assert DEPLOYMENT.digest != replace(DEPLOYMENT, chain_id=1).digest
    file.write_text('{"chain_id": 1}')
    with pytest.raises(ValueError, match="is not a deployment"):
        Deployment.load(file)
    with pytest.raises(ValueError, match="is not an address"):
        replace(DEPLOYMENT, evidence_log="0x12")

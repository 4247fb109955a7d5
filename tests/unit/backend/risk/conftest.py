"""The made-up trade, scored once per seed for all tests of the engine."""

import sys
from functools import cache
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from made_up_trade import WEEKS, Network, network

from backend.risk.features.evidence import gather
from backend.risk.scoring import Scored, score_week


@cache
def _scored(seed: int) -> tuple[Network, Scored]:
    made = network(seed)
    return made, score_week(gather(made.dataset), WEEKS - 1)


@pytest.fixture(params=range(6))
def scored(request: pytest.FixtureRequest) -> tuple[Network, Scored]:
    """A trade with three diversions, scored at the end of its last week; one per seed."""
    return _scored(request.param)


@pytest.fixture
def one_scored() -> tuple[Network, Scored]:
    """The first seed's trade only."""
    return _scored(0)

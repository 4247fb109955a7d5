"""The company of stories about units: a batch at the brand, and its codes."""

import pytest
from sqlalchemy.orm import Session

from scanner.codes.run import CodeRun
from tests.kit.people import enrol
from tests.kit.trade import Trade


@pytest.fixture
def trade(session: Session) -> Trade:
    """A company whose brand has bottled sixty of one batch."""
    enrol(session)
    made = Trade(session)
    made.bottle(quantity=60)
    return made


@pytest.fixture
def run(trade: Trade) -> CodeRun:
    """Sixty bottles with codes in force, in ten cases of six, at the brand."""
    return trade.codes(quantity=60)

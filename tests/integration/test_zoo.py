"""The whole way of a bottle through every kind of node that we know of: relayer, indexer, audit, the phone's own check.

What each kind is known for stands in `tests/fakes/zoo_kinds.py`. They are imitations, by behaviour; the real node that
is not ours plays a story in `tests/simulation/test_foreign_node.py`.
"""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from backend.anchoring.relayer import Chain
from backend.anchoring.rules import Delivery
from ledger_indexer.auditing.mirror import Report, audit
from ledger_indexer.fetching.client import Node
from ledger_indexer.following.follower import Limits
from ledger_indexer.following.rebuild import rebuild
from ledger_indexer.mirror.snapshot import Snapshot
from ledger_indexer.node.keys import relayer_keys
from tests.fakes.zoo import Kind
from tests.fakes.zoo_house import ZooHouse, open_zoo_house
from tests.fakes.zoo_kinds import (
    KINDS,
    BesuQbft,
    Bsc,
    ComputeUnits,
    FiscoBcos,
    Hosted,
    Legacy,
    Terse,
)
from tests.kit.house import tell_story
from tests.kit.phone import checked_by_phone

pytestmark = [pytest.mark.integration, pytest.mark.slow]
NO_ETHEREUM_HASHES = (BesuQbft, Legacy, FiscoBcos, Bsc)
PATIENCE_S = 60


def audited(house: ZooHouse) -> Report:
    node = Node(house.node, patience_s=PATIENCE_S)
    try:
        with Snapshot(house.settings.database_url or "") as snapshot:
            return audit(node, snapshot, house.deployment)
    finally:
        node.close()


def rebuilt(house: ZooHouse) -> None:
    """The mirror again from the first block, in ranges: what a new indexer does at its start."""
    node = Node(house.node, patience_s=PATIENCE_S)
    try:
        rebuild(node, house.settings.database_url or "", house.deployment, Limits(tail=2))
    finally:
        node.close()


def rows(house: ZooHouse) -> list[Any]:
    query = "select block_number, log_index, block_time, evidence from mirror.captured order by 1, 2"
    with house.sessions() as session:
        return [tuple(row) for row in session.execute(text(query))]


def sent_again(house: ZooHouse) -> Delivery:
    """A transaction that is in a block, handed over once more."""
    with house.sessions() as session:
        raw = session.execute(text("select raw from intent where state <> 'reverted' order by id limit 1")).scalar_one()
    relay = Chain(house.node, relayer_keys(house.settings.home / "chain", 1)[0], patience_s=PATIENCE_S)
    return relay.send(bytes(raw))


@pytest.mark.parametrize("kind", [pytest.param(each(), id=each.__name__) for each in KINDS])
def test_a_bottle_goes_its_way_through_every_kind_of_node(
    kind: Kind, tmp_path: Path, database_url: str, sessions: sessionmaker[Session]
) -> None:
    with open_zoo_house(tmp_path / "home", database_url, sessions, kind) as house:
        story = tell_story(house)
        house.settle()
        followed, report = rows(house), audited(house)
        assert report.difference is None
        assert report.logs > 15
        assert any("block hashes" in each for each in report.unchecked) == isinstance(kind, NO_ETHEREUM_HASHES)
        assert any("receipts:" in each for each in report.unchecked) == isinstance(kind, FiscoBcos)
        rebuilt(house)
        assert rows(house) == followed
        assert followed[0][2] < 10**11, "block times are in seconds"
        assert audited(house).difference is None
        outcome = checked_by_phone(house, story.gone[0], tmp_path)
        assert (outcome["state"], outcome["problems"], outcome["words"]) == ("passed", [], [])
        assert sent_again(house) in (Delivery.TAKEN, Delivery.SPENT)
    if isinstance(kind, Hosted):
        assert kind.refused.count("often") >= 2
        assert kind.impatience <= kind.refused.count("often") // 2, "asked again before the rest was over"
    if isinstance(kind, BesuQbft | Terse | ComputeUnits):
        assert kind.refused, "the manners were never met"

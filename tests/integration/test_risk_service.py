"""The engine over the trade's own tables."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from backend.anchoring import service as anchoring
from backend.db.engine import make_engine
from backend.risk import folder, jobs, service
from backend.risk.serial import inputs_hash
from tests.databases import Once, fresh_database
from tests.kit.risk_trade import END, RiskTrade, tell_entered

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def template_database(once: Once) -> str:
    return once(tell_entered)[0]


@pytest.fixture
def trade(once: Once) -> RiskTrade:
    """The made-up trade in the database."""
    trade: RiskTrade = once(tell_entered)[1]
    return trade


def test_a_run_finds_the_diversions_and_names_their_dealers(session: Session, trade: RiskTrade) -> None:
    service.score(session, now=END)
    named = {(alert.dealer, alert.places[0]["adcode"]) for alert in service.list_alerts(session)}
    assert trade.guilty <= named
    assert len({dealer for dealer, _ in named} - {dealer for dealer, _ in trade.guilty}) <= 2


def test_an_alert_carries_the_way_of_one_carton_with_its_evidence(session: Session, trade: RiskTrade) -> None:
    service.score(session, now=END)
    carton = service.list_alerts(session)[0].carton
    steps = [step["step"] for step in carton["way"]]
    assert steps[-2:] == ["ship", "receive"]
    states = anchoring.states(session, [bytes.fromhex(step["evidence"]) for step in carton["way"]])
    assert len(states) == len(carton["way"])
    assert carton["readings"]


def test_a_run_repeated_changes_no_alert_and_hashes_the_same_inputs(session: Session, trade: RiskTrade) -> None:
    first = service.score(session, now=END)
    before = service.list_alerts(session)
    second = service.score(session, now=END)
    assert service.list_alerts(session) == before
    assert first.inputs_hash == second.inputs_hash


def test_what_is_found_later_joins_the_open_alert(session: Session, trade: RiskTrade) -> None:
    for weeks in (3, 2, 1, 0):
        service.score(session, now=END - timedelta(weeks=weeks))
    dealers = [alert.dealer for alert in service.list_alerts(session)]
    assert len(dealers) == len(set(dealers))


def test_the_hash_on_the_ledger_can_be_recomputed_from_the_exported_folder(
    session: Session, trade: RiskTrade, tmp_path: Path
) -> None:
    run = service.score(session, now=END)
    folder.write(service.export(session, now=END), tmp_path)
    assert inputs_hash(folder.read(tmp_path)) == run.inputs_hash


def test_the_trade_is_scored_once_a_day(session: Session, trade: RiskTrade) -> None:
    assert jobs.score_due(session, every=timedelta(days=1), now=END)
    assert not jobs.score_due(session, every=timedelta(days=1), now=END + timedelta(hours=23))
    assert jobs.score_due(session, every=timedelta(days=1), now=END + timedelta(hours=24))


def test_an_empty_trade_is_scored_without_a_finding(postgres_server: str, schema: str) -> None:
    with fresh_database(postgres_server, schema) as url:
        engine = make_engine(url)
        with Session(engine) as session:
            assert service.score(session, now=END).findings == 0
        engine.dispose()

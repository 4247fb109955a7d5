"""Whatever the real contracts say can be proven: a row of every log that is mirrored, and each log as the bytes it is.

The logs are those of `LOGS`. One that is added there without a word here that makes the contracts emit it fails.
"""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import NullPool, create_engine, text
from web3 import Web3

from ledger_indexer.bindings.abi import contract, parse_declaration
from ledger_indexer.bindings.deployments import FIELDS, Deployment
from ledger_indexer.bindings.logs import LOGS, Log
from ledger_indexer.fetching.client import Node
from ledger_indexer.mirror.snapshot import Snapshot
from ledger_indexer.proving.decoding import RAW, as_text
from ledger_indexer.proving.proof_file import Coordinates, RowProof, format_proof, parse
from ledger_indexer.proving.prove import RowKey, prove_row
from ledger_indexer.proving.row_proof import Proven, check_proof
from ledger_indexer.rows.copying import TABLE_OF
from tests.contract.test_mirror import deployment_of, mirrored
from tests.contract.world import SUSPENDED, Step, World, named
from tests.databases import fresh_database
from tests.kit.chain_trade import BATCH, ChainTrade

pytestmark = [pytest.mark.contract, pytest.mark.integration]


def enrolments(trade: ChainTrade) -> None:
    """PartyEnrolled, StandingChanged and DeviceEnrolled come with every member."""


def movements(trade: ChainTrade) -> None:
    """Captured and InputConsumed."""
    trade.stocked(trade.dealer, 40)
    used = [{"batch": BATCH, "quantity": 10}]
    trade.world.record(trade.world.says(trade.brand, Step.BLEND, named("blend"), 10, inputs=used))


def a_declaration(trade: ChainTrade) -> None:
    """CaptureVoided and InputRestored."""
    used = [{"batch": BATCH, "quantity": 5}]
    said = trade.world.says(trade.brand, Step.BLEND, named("wrong blend"), 5, inputs=used)
    trade.world.record(said)
    trade.world.record(trade.world.voids(said))


def a_refusal(trade: ChainTrade) -> None:
    """CaptureRefused."""
    trade.world.record(trade.world.says(trade.rival, Step.SELL, BATCH, 1))


def a_head(trade: ChainTrade) -> None:
    """HeadAccepted."""
    world = trade.world
    world.send(world.log.functions.append(named("log"), 1, named("root"), []), world.publisher)


def sanctions(trade: ChainTrade) -> None:
    """DeviceRevoked, and a StandingChanged that is not an enrolment's."""
    world = trade.world
    world.set_standing(trade.store, SUSPENDED)
    world.send(world.participants.functions.revokeDevice(trade.rival.key.signer), world.enroller)


PROVOKERS: tuple[Callable[[ChainTrade], None], ...] = (
    enrolments,
    movements,
    a_declaration,
    a_refusal,
    a_head,
    sanctions,
)
"""What makes the contracts say each log at least once, one after the other in one world."""


@pytest.fixture(scope="module")
def spoken(node: Web3) -> World:
    """A world in which everything was said."""
    world = World(node)
    trade = ChainTrade(world)
    for provoke in PROVOKERS:
        provoke(trade)
    return world


@pytest.fixture(scope="module")
def url(spoken: World, postgres_server: str, template_database: str) -> Iterator[str]:
    with fresh_database(postgres_server, template_database) as made:
        mirrored(spoken, made).close()
        yield made


@pytest.fixture(scope="module")
def deployment(spoken: World) -> Deployment:
    return deployment_of(spoken)


def places_of(url: str, table: str) -> list[RowKey]:
    """Where the rows of a table stand."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        found = connection.execute(text(f"select block_number, log_index from mirror.{table} order by 1, 2"))
        return [RowKey(table, row.block_number, row.log_index) for row in found]


def proven(spoken: World, url: str, deployment: Deployment, place: RowKey) -> Proven:
    """What a stranger reads out of the row's proof file."""
    node = Node(str(spoken.w3.provider.endpoint_uri))  # type: ignore[attr-defined]
    try:
        with Snapshot(url) as snapshot:
            file = parse(format_proof(prove_row(node, snapshot, deployment, place)))
    finally:
        node.close()
    assert isinstance(file, RowProof)
    return check_proof(file)


@pytest.mark.parametrize("log", LOGS, ids=lambda log: log.__name__)
def test_a_row_of_every_log_is_proven(log: type[Log], spoken: World, url: str, deployment: Deployment) -> None:
    name = log.__name__
    places = places_of(url, TABLE_OF[name].name)
    assert places, f"nothing here makes {log.contract} emit {name}: add what does to PROVOKERS in this file"
    for place in (places[0], places[-1]):
        shown = proven(spoken, url, deployment, place)
        assert (shown.contract, shown.name) == (log.contract, name)
        assert shown.address == deployment.watched[log.contract]
        with Snapshot(url) as snapshot:
            rows = {row[1]: row for row in snapshot.rows(name, place.block, place.block)}
        fields = [each.name for each in parse_declaration(log.declaration).inputs]
        assert shown.values == dict(zip(fields, map(as_text, rows[place.index][4:]), strict=True))


def test_every_log_that_was_mirrored_is_proven_as_the_bytes_it_is(
    spoken: World, url: str, deployment: Deployment
) -> None:
    places = places_of(url, "raw_log")
    shown = [proven(spoken, url, deployment, place) for place in places]
    assert {each.contract for each in shown} == set(FIELDS), "each contract said something"
    ours = {log.__name__ for log in LOGS}
    assert {each.name for each in shown} == ours | {RAW}


def test_there_is_one_list_of_contracts() -> None:
    assert {log.contract for log in LOGS} <= set(FIELDS), "a log of a contract that no deployment names"
    assert tuple(FIELDS.values()) == Coordinates.__struct_fields__[2:]
    for name in FIELDS:
        assert contract(name).name == name


def test_every_event_of_our_contracts_is_mirrored() -> None:
    inherited = {"AuthorityUpdated", "EIP712DomainChanged"}  # OpenZeppelin's own, kept as bytes
    for name in {log.contract for log in LOGS}:
        events = {event.name for event in contract(name).events()} - inherited
        assert events == {log.__name__ for log in LOGS if log.contract == name}

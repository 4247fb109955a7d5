"""The audit of consignments, closed and open, that it adds up one after the other and forgets."""

from collections.abc import Iterator

import psycopg
import pytest

from ledger_indexer.auditing.mirror import Report, audit
from ledger_indexer.auditing.nodes import audit_nodes
from ledger_indexer.bindings.abi import parse_declaration
from ledger_indexer.bindings.logs import Captured, InputConsumed
from ledger_indexer.fetching.client import Node
from ledger_indexer.following.follower import Follower, Limits
from ledger_indexer.mirror import snapshot as snapshots
from ledger_indexer.mirror.listening import plain_url
from ledger_indexer.mirror.snapshot import Snapshot
from ledger_indexer.mirror.store import Store
from ledger_indexer.rows.movements import Step, consignment_of
from tests.fakes.chain import DEPLOYMENT
from tests.fakes.emitter import Emitter, Spoken, harvest
from tests.fakes.proxy import LyingProxy

pytestmark = pytest.mark.integration
LIMITS = Limits(window=16, tail=6)
MAKER, DEALER, STORE = 7, 8, 9
CLOSED, OPEN, RETURNED, UNREADABLE, LATE, ONWARD = 10, 11, 12, 40, 2**255 + 1, 2**255 + 2
_CAPTURED, _CONSUMED = (parse_declaration(log.declaration).topic0 for log in (Captured, InputConsumed))


def word(value: int) -> bytes:
    return value.to_bytes(32, "big")


def says(evidence: int, step: int, quantity: int, by: int, *, to: int = 0, ref: int = 0, batch: int = 1) -> Spoken:
    words = [step, quantity, to, 0, 1_700_000_000, 0, ref, 0]
    topics = (_CAPTURED, *(word(n) for n in (evidence, batch, by)))
    return Spoken(topics, b"".join(map(word, words)))


def uses(evidence: int, batch: int, quantity: int) -> Spoken:
    return Spoken((_CONSUMED, word(evidence), word(batch)), word(quantity))


def trade(emitter: Emitter) -> None:
    """Consignments that end in every way, their moves in blocks between each other's."""
    unreadable = says(UNREADABLE, Step.SHIP, 5, MAKER, to=DEALER)
    emitter.mine(harvest(1, 500), harvest(2, 100, batch=2, party=DEALER))
    emitter.mine(says(3, Step.BOTTLE, 50, MAKER, batch=3), uses(3, 1, 60))
    emitter.mine(says(LATE, Step.SHIP, 9, MAKER, to=STORE), says(CLOSED, Step.SHIP, 60, MAKER, to=DEALER))
    emitter.mine(says(OPEN, Step.SHIP, 5, MAKER, to=DEALER), says(100, Step.RECEIVE, 20, DEALER, ref=CLOSED))
    emitter.mine(says(RETURNED, Step.SHIP, 10, MAKER, to=STORE), says(101, Step.WRITE_OFF, 3, MAKER, ref=CLOSED))
    emitter.mine(Spoken(unreadable.topics, unreadable.data[:-1]), says(102, Step.RECEIVE, 5, DEALER, ref=UNREADABLE))
    emitter.mine(says(103, Step.RECEIVE, 30, DEALER, ref=CLOSED), says(104, Step.RETURN, 7, DEALER, ref=CLOSED))
    emitter.mine(says(105, Step.RETURN, 10, STORE, ref=RETURNED), says(106, Step.RETURN, 2, DEALER, ref=UNREADABLE))
    emitter.mine(says(107, Step.RECEIVE, 1, DEALER, ref=OPEN), says(108, Step.RECEIVE, 9, STORE, ref=LATE))
    emitter.mine(says(109, Step.WRITE_OFF, 4, DEALER), says(110, Step.SELL, 2, STORE), says(111, 20, 7, STORE))
    emitter.mine(*(says(120 + step, step, 1, DEALER, batch=2, ref=OPEN) for step in (Step.AGE, Step.RECALL)))
    emitter.mine(says(ONWARD, Step.SHIP, 3, DEALER, to=STORE, batch=2))


@pytest.fixture(scope="module")
def chain() -> Iterator[Emitter]:
    with Emitter() as emitter:
        trade(emitter)
        yield emitter


@pytest.fixture
def url(chain: Emitter, database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A mirror of which the audit fetches two rows at once: no consignment comes whole."""
    monkeypatch.setattr(snapshots, "_FETCHED", 2)
    store = Store(database_url)
    Follower(chain.node, store, DEPLOYMENT, LIMITS).converge(chain.node.newest())
    store.close()
    return database_url


def audited(chain: Emitter, url: str, last: int | None = None) -> Report:
    with Snapshot(url) as snapshot:
        return audit(chain.node, snapshot, DEPLOYMENT, last=last)


def plant(url: str, fault: str, evidence: int) -> None:
    with psycopg.connect(plain_url(url)) as connection:
        assert connection.execute(fault, {"evidence": word(evidence)}).rowcount == 1


def test_an_honest_mirror_passes(chain: Emitter, url: str) -> None:
    report = audited(chain, url)
    assert report.difference is None
    with psycopg.connect(plain_url(url)) as connection:
        rows = connection.execute("select evidence, shipped - received - returned - lost from mirror.consignment")
        still = {int.from_bytes(evidence, "big"): int(quantity) for evidence, quantity in rows}
        others = connection.execute(
            "select (select count(*) from mirror.holding) + (select count(*) from mirror.batch_total)"
        ).fetchone()
    assert still == {CLOSED: 0, OPEN: 4, RETURNED: 0, LATE: 0, ONWARD: 3}
    assert others is not None
    assert report.balances == len(still) + others[0]


def test_the_snapshot_gives_the_captures_of_consignments_in_their_order(chain: Emitter, url: str) -> None:
    with Snapshot(url) as snapshot:
        last = chain.node.newest().number
        rows = snapshot.rows("Captured", 0, last)
        given = list(snapshot.consigned(0, last))
        part = list(snapshot.consigned(5, 6))
    wanted = sorted((c, row) for row in rows if (c := consignment_of(row)) is not None)
    assert [row[4:10] + row[13:14] for row in given] == [row[4:10] + row[13:14] for _, row in wanted]
    assert [row[4] for row in part] == [row[4] for _, row in wanted if row[0] in (5, 6)]


@pytest.mark.parametrize("evidence", [CLOSED, OPEN, ONWARD])
@pytest.mark.parametrize(
    ("fault", "named"),
    [
        ("update mirror.consignment set received = received + 1 where evidence = %(evidence)s", "the mirror has"),
        ("update mirror.consignment set lost = lost + 1, returned = returned - 1 where evidence = %(evidence)s", "has"),
        ("update mirror.consignment set sender = addressee where evidence = %(evidence)s", "the mirror has"),
        ("update mirror.consignment set batch = '\\x05' where evidence = %(evidence)s", "the mirror has"),
        ("update mirror.consignment set shipped = 0, received = 0 where evidence = %(evidence)s", "the mirror has"),
        ("delete from mirror.consignment where evidence = %(evidence)s", "the mirror lacks"),
    ],
)
def test_finds_a_consignment_that_was_tampered_with(
    chain: Emitter, url: str, evidence: int, fault: str, named: str
) -> None:
    plant(url, fault, evidence)
    difference = audited(chain, url).difference
    assert difference is not None
    assert difference.startswith("table consignment")
    assert named in difference
    assert f"(0x{word(evidence).hex()})" in difference


@pytest.mark.parametrize("evidence", [0, CLOSED + 5, UNREADABLE, 2**255, 2**256 - 1])
def test_finds_a_consignment_too_many(chain: Emitter, url: str, evidence: int) -> None:
    plant(url, "insert into mirror.consignment values (%(evidence)s, '\\x01', '\\x01', '\\x01', 1, 1, 0, 0)", evidence)
    assert audited(chain, url).difference == (
        f"table consignment, row (0x{word(evidence).hex()}): the mirror has (0x01, 0x01, 0x01, 1, 1, 0, 0),"
        " the logs nothing"
    )


def test_a_part_of_the_history_says_nothing_of_consignments(chain: Emitter, url: str) -> None:
    plant(url, "delete from mirror.consignment where evidence = %(evidence)s", CLOSED)
    report = audited(chain, url, last=6)
    assert report.difference is None
    assert any("balances" in what for what in report.unchecked)


def test_each_node_is_asked_about_consignments(chain: Emitter, url: str) -> None:
    plant(url, "update mirror.consignment set received = received + 1 where evidence = %(evidence)s", CLOSED)
    with LyingProxy(chain.url, lambda method, params, result: result) as other, Snapshot(url) as snapshot:
        node = Node(other.url)
        verdict = audit_nodes([chain.node, node], snapshot, DEPLOYMENT)
        node.close()
    assert not verdict.liars
    assert [str(f.report and f.report.difference)[:17] for f in verdict.findings] == ["table consignment"] * 2

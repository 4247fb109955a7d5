"""Declarations in the mirror: what they void counts for nothing, across ranges, rewinds and a rebuild."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import create_engine

from ledger_indexer.auditing.mirror import audit
from ledger_indexer.bindings.abi import parse_declaration
from ledger_indexer.bindings.logs import Captured, CaptureVoided
from ledger_indexer.following.follower import Follower, Limits
from ledger_indexer.following.rebuild import rebuild
from ledger_indexer.mirror import queries
from ledger_indexer.mirror.listening import plain_url
from ledger_indexer.mirror.snapshot import Snapshot
from ledger_indexer.mirror.store import Store
from ledger_indexer.rows.movements import Step
from tests.fakes.chain import DEPLOYMENT
from tests.fakes.emitter import Emitter, Spoken, harvest

pytestmark = pytest.mark.integration
LIMITS = Limits(window=16, tail=6)
MAKER, DEALER, STORE = 7, 8, 9
BOTTLED, SENT, BACK, GONE, SOLD = 20, 2**255 + 1, 22, 23, 24
_CAPTURED, _VOIDED = (parse_declaration(log.declaration).topic0 for log in (Captured, CaptureVoided))


def word(value: int) -> bytes:
    return value.to_bytes(32, "big")


def says(evidence: int, step: int, quantity: int, by: int, *, to: int = 0, ref: int = 0, batch: int = 1) -> Spoken:
    words = [step, quantity, to, 0, 1_700_000_000, 0, ref, 0]
    return Spoken((_CAPTURED, *map(word, (evidence, batch, by))), b"".join(map(word, words)))


def voids(said: Spoken, evidence: int) -> Spoken:
    step, quantity, to, place, time, _, ref, device = (said.data[at : at + 32] for at in range(0, 256, 32))
    data = b"".join((said.topics[1], step, quantity, to, place, time, ref, device))
    return Spoken((_VOIDED, word(evidence), *said.topics[2:]), data)


SHIPMENT = says(SENT, Step.SHIP, 60, MAKER, to=DEALER)
SENT_BACK = says(BACK, Step.RETURN, 10, DEALER, ref=SENT)
NEVER_SENT = says(GONE, Step.SHIP, 5, MAKER, to=STORE)
SALE = says(SOLD, Step.SELL, 4, DEALER)
BOTTLING = says(BOTTLED, Step.BOTTLE, 30, MAKER, batch=2)


def trade(emitter: Emitter) -> None:
    """What is voided, and what stands, in blocks between each other's."""
    emitter.mine(harvest(1, 500), BOTTLING)
    emitter.mine(SHIPMENT, NEVER_SENT)
    emitter.mine(says(25, Step.RECEIVE, 20, DEALER, ref=SENT), SENT_BACK)
    emitter.mine(SALE, voids(NEVER_SENT, 31))
    emitter.mine(voids(SENT_BACK, 32))
    emitter.mine(voids(BOTTLING, 33), voids(SALE, 34))


@pytest.fixture
def chain() -> Iterator[Emitter]:
    with Emitter() as emitter:
        trade(emitter)
        yield emitter


def follow(chain: Emitter, url: str, limits: Limits = LIMITS) -> None:
    store = Store(url)
    Follower(chain.node, store, DEPLOYMENT, limits).converge(chain.node.newest())
    store.close()


def balances(url: str) -> dict[str, list[tuple[int, ...]]]:
    """Of each derived table its rows, ids as the small numbers that they are here."""
    found = {}
    with psycopg.connect(plain_url(url)) as connection:
        for table in ("holding", "batch_total", "consignment"):
            rows = connection.execute(f"select * from mirror.{table} order by 1, 2")
            found[table] = [tuple(int.from_bytes(v) if isinstance(v, bytes) else int(v) for v in row) for row in rows]
    return found


STANDING = {
    "holding": [(1, MAKER, 440), (1, DEALER, 20), (2, MAKER, 0)],
    "batch_total": [(1, 500, 460, 40, 0, 0, 0), (2, 0, 0, 0, 0, 0, 0)],
    "consignment": [(GONE, 1, MAKER, STORE, 0, 0, 0, 0), (SENT, 1, MAKER, DEALER, 60, 20, 0, 0)],
}


@pytest.mark.parametrize("limits", [Limits(tail=100), Limits(tail=1), Limits(tail=1, logs_per_call=2)])
def test_what_is_voided_counts_for_nothing_however_blocks_are_fetched(
    chain: Emitter, database_url: str, limits: Limits
) -> None:
    follow(chain, database_url, limits)
    assert balances(database_url) == STANDING
    with Snapshot(database_url) as snapshot:
        report = audit(chain.node, snapshot, DEPLOYMENT)
    assert report.difference is None


def test_a_rewound_declaration_leaves_what_it_had_voided(chain: Emitter, database_url: str) -> None:
    follow(chain, database_url)
    chain.reorganise(2, (voids(SALE, 34), 0))
    follow(chain, database_url)
    assert balances(database_url) == {
        "holding": [(1, MAKER, 450), (1, DEALER, 20), (2, MAKER, 30)],
        "batch_total": [(1, 500, 470, 30, 0, 0, 0), (2, 30, 30, 0, 0, 0, 0)],
        "consignment": [(GONE, 1, MAKER, STORE, 0, 0, 0, 0), (SENT, 1, MAKER, DEALER, 60, 20, 10, 0)],
    }
    with Snapshot(database_url) as snapshot:
        assert audit(chain.node, snapshot, DEPLOYMENT).difference is None


def test_a_rebuilt_mirror_has_the_same_declarations(chain: Emitter, database_url: str) -> None:
    follow(chain, database_url)
    rebuild(chain.node, database_url, DEPLOYMENT, LIMITS)
    assert balances(database_url) == STANDING
    engine = create_engine(database_url)
    with engine.connect() as connection:
        asked = [word(each) for each in (SENT, BACK, GONE, SOLD, BOTTLED)]
        by = {int.from_bytes(voided): int.from_bytes(by) for voided, by in queries.voided_by(connection, asked).items()}
        about = queries.declarations_of_batch(connection, word(1))
    engine.dispose()
    assert by == {GONE: 31, BACK: 32, BOTTLED: 33, SOLD: 34}
    assert [int.from_bytes(each.voids) for each in about] == [GONE, BACK, SOLD]


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        ("update mirror.capture_voided set quantity = quantity + 1 where evidence = %s", "table CaptureVoided"),
        ("delete from mirror.capture_voided where evidence = %s", "table CaptureVoided"),
    ],
)
def test_the_audit_finds_a_declaration_that_was_tampered_with(
    chain: Emitter, database_url: str, fault: str, named: str
) -> None:
    follow(chain, database_url)
    with psycopg.connect(plain_url(database_url)) as connection:
        assert connection.execute(fault, (word(33),)).rowcount == 1
    with Snapshot(database_url) as snapshot:
        difference = audit(chain.node, snapshot, DEPLOYMENT).difference
    assert difference is not None
    assert named in difference

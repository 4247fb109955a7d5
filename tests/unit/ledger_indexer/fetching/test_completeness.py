"""Whether a node's logs can be all of them."""

import msgspec
import pytest

from ledger_indexer.errors import ForkMoved, NodeFault
from ledger_indexer.fetching.completeness import blocks_in_doubt, bloom_mask, bloom_of
from ledger_indexer.fetching.ranges import Sizer
from tests.fakes.chain import DEPLOYMENT, FakeChain

WATCHED = sorted(DEPLOYMENT.watched.values())


@pytest.fixture
def chain() -> FakeChain:
    chain = FakeChain()
    for captures in (0, 2, 0, 3):
        chain.mine(captures)
    return chain


def test_an_honest_answer_leaves_no_doubt(chain: FakeChain) -> None:
    headers = [block.header for block in chain.blocks]
    assert blocks_in_doubt(headers, chain.logs(), WATCHED) == []


def test_no_logs_where_the_bloom_names_our_contract_is_doubtful(chain: FakeChain) -> None:
    headers = [block.header for block in chain.blocks]
    kept = [log for log in chain.logs() if log.blockNumber == "0x2"]
    assert blocks_in_doubt(headers, kept, WATCHED) == [chain.blocks[4].header]


def test_a_hole_in_the_logs_numbers_is_doubtful(chain: FakeChain) -> None:
    headers = [block.header for block in chain.blocks]
    kept = [log for log in chain.logs() if (log.blockNumber, log.logIndex) != ("0x4", "0x1")]
    assert blocks_in_doubt(headers, kept, WATCHED) == [chain.blocks[4].header]


def test_a_chain_that_fills_no_blooms_is_not_doubted_for_it(chain: FakeChain) -> None:
    header = chain.blocks[4].header._replace(bloom=bytes(256))
    assert blocks_in_doubt([header], [], WATCHED) == []


def test_a_log_that_comes_twice_is_the_nodes_fault(chain: FakeChain) -> None:
    logs = chain.logs()
    with pytest.raises(NodeFault):
        blocks_in_doubt([block.header for block in chain.blocks], [logs[0], *logs], WATCHED)


def test_a_log_of_a_contract_nobody_asked_about_is_the_nodes_fault(chain: FakeChain) -> None:
    stranger = msgspec.structs.replace(chain.logs()[0], address="0x" + "ff" * 20)
    with pytest.raises(NodeFault):
        blocks_in_doubt([block.header for block in chain.blocks], [stranger], WATCHED)


def test_a_log_of_another_block_of_the_same_number_means_that_the_fork_moved(chain: FakeChain) -> None:
    headers = [block.header for block in chain.blocks]
    chain.rewind(1)
    chain.mine(1)
    with pytest.raises(ForkMoved):
        blocks_in_doubt(headers, chain.logs(), WATCHED)


def test_three_bits_stand_for_a_value_as_in_the_yellow_paper() -> None:
    address = bytes.fromhex("0f572e5295c57f15886f9b263e2f6d2d6c7b5ec6")
    # keccak of this address begins bd2b 01af cd27; each pair of bytes modulo 2048.
    assert {n for n in range(2048) if bloom_mask(address) >> n & 1} == {1323, 431, 1319}
    assert bloom_of([(address, b"")]) == bloom_mask(address)


def test_ranges_grow_towards_the_target_and_halve_when_refused() -> None:
    sizer = Sizer(size=10, target=1_000, most=500)
    sizer.answered(10, 0)
    assert sizer.next(1, 1_000) == (1, 20)
    sizer.answered(20, 400)
    assert sizer.next(21, 1_000) == (21, 60)
    sizer.answered(40, 4_000)
    assert sizer.size == 10
    sizer.refused(10)
    assert (sizer.size, sizer.most) == (5, 9)

"""What captures do to who holds what."""

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from ledger_indexer.rows.balance_changes import (
    AccountChanges,
    Changes,
    fold,
    fold_consigned,
    fold_unconsigned,
    send_back,
)
from ledger_indexer.rows.movements import NOTHING, Step, consignment_of, opposite

MAKER, DEALER, STORE = b"maker", b"dealer", b"store"
SPIRIT, WINE = b"spirit", b"wine"


def capture(
    evidence: bytes,
    step: Step,
    quantity: int,
    by: bytes,
    *,
    batch: bytes = WINE,
    to: bytes = NOTHING,
    ref: bytes = NOTHING,
) -> tuple[Any, ...]:
    return (1, 0, b"tx", 0, evidence, batch, by, step, quantity, to, NOTHING, 0, NOTHING, ref, b"device")


def used(evidence: bytes, batch: bytes, quantity: int) -> tuple[Any, ...]:
    return (1, 0, b"tx", 0, evidence, batch, quantity)


def declared(said: tuple[Any, ...], evidence: bytes = b"d") -> tuple[Any, ...]:
    """The row of the declaration that a capture did not happen."""
    _, _, _, _, voids, batch, by, step, quantity, to, place, time, _, ref, device = said
    return (2, 0, b"tx", 0, evidence, batch, by, voids, step, quantity, to, place, time, ref, device)


def account(batch: bytes, rows: list[tuple[Any, ...]], inputs: list[tuple[Any, ...]] | None = None) -> AccountChanges:
    found = fold(rows, inputs or []).accounts[batch]
    assert found.born == found.held + found.in_transit + found.sold + found.lost + found.consumed
    return found


BOTTLED = capture(b"e1", Step.BOTTLE, 100, MAKER)
SHIPPED = capture(b"e2", Step.SHIP, 60, MAKER, to=DEALER)


def test_bottling_bears_the_batch_and_uses_up_the_spirit() -> None:
    distilled = capture(b"e0", Step.DISTIL, 500, MAKER, batch=SPIRIT)
    changes = fold([distilled, BOTTLED], [used(b"e1", SPIRIT, 450)])
    assert changes.holdings == {(SPIRIT, MAKER): 50, (WINE, MAKER): 100}
    assert changes.accounts[SPIRIT] == AccountChanges(born=500, held=50, consumed=450)


def test_a_shipment_is_in_transit_until_it_is_received_in_parts() -> None:
    assert account(WINE, [BOTTLED, SHIPPED]) == AccountChanges(born=100, held=40, in_transit=60)
    received = [
        capture(b"e3", Step.RECEIVE, 20, DEALER, ref=b"e2"),
        capture(b"e4", Step.RECEIVE, 30, DEALER, ref=b"e2"),
    ]
    assert account(WINE, [BOTTLED, SHIPPED, *received]) == AccountChanges(born=100, held=90, in_transit=10)


def test_what_is_sent_back_returns_to_the_sender() -> None:
    back = capture(b"e3", Step.RETURN, 60, DEALER, ref=b"e2")
    assert fold([BOTTLED, SHIPPED, back], []).holdings == {(WINE, MAKER): 100}


def test_the_sender_of_an_earlier_shipment_must_be_looked_up() -> None:
    back = capture(b"e3", Step.RETURN, 60, DEALER, ref=b"e2")
    assert fold([SHIPPED, back], []).senders_needed == set()
    changes = fold([back], [])
    assert changes.senders_needed == {b"e2"}
    assert changes.holdings == {}
    send_back(changes, {b"e2": MAKER})
    assert changes.holdings == {(WINE, MAKER): 60}
    assert changes.accounts[WINE] == AccountChanges(held=60, in_transit=-60)
    assert changes.consignments[b"e2"].returned == 60
    assert changes.senders_needed == set()


def test_what_is_sent_back_from_a_shipment_that_nobody_could_read_moves_nothing() -> None:
    changes = fold([capture(b"e3", Step.RETURN, 60, DEALER, ref=b"e2")], [])
    send_back(changes, {})
    assert (changes.holdings, changes.consignments, changes.late) == ({}, {}, [])


def test_breakage_on_the_way_is_written_off_the_consignment_and_breakage_at_home_off_the_stock() -> None:
    on_the_way = capture(b"e3", Step.WRITE_OFF, 5, DEALER, ref=b"e2")
    at_home = capture(b"e4", Step.WRITE_OFF, 3, MAKER)
    assert account(WINE, [BOTTLED, SHIPPED, on_the_way, at_home]) == AccountChanges(
        born=100, held=37, in_transit=55, lost=8
    )


def test_a_sale_leaves_the_stock() -> None:
    assert account(WINE, [BOTTLED, capture(b"e2", Step.SELL, 7, MAKER)]) == AccountChanges(born=100, held=93, sold=7)


def test_words_about_a_batch_move_nothing() -> None:
    spoken = [Step.AGE, Step.INSPECT, Step.COMMISSION, Step.RECALL, Step.LIFT]
    rows = [capture(bytes([n]), step, 9, MAKER) for n, step in enumerate(spoken)]
    assert fold(rows, []).holdings == {}


MOVES = [
    SHIPPED,
    capture(b"e3", Step.RECEIVE, 20, DEALER, ref=b"e2"),
    capture(b"e4", Step.RETURN, 30, DEALER, ref=b"e2"),
    capture(b"e5", Step.WRITE_OFF, 5, DEALER, ref=b"e2"),
    capture(b"e6", Step.WRITE_OFF, 3, MAKER),
    capture(b"e7", Step.SELL, 7, DEALER),
    capture(b"e8", Step.INSPECT, 9, MAKER),
]


@pytest.mark.parametrize("at", range(len(MOVES)))
def test_what_is_declared_not_to_have_happened_leaves_nothing(at: int) -> None:
    story, said = [BOTTLED, *MOVES[:at]], MOVES[at]
    before, after = fold(story, []), fold([*story, said], [], voided=[declared(said)])
    assert {key: held for key, held in after.holdings.items() if held} == before.holdings
    assert after.accounts == before.accounts
    closed = {evidence: parcel for evidence, parcel in after.consignments.items() if parcel.shipped}
    assert closed == before.consignments


def test_a_birth_that_did_not_happen_gives_its_inputs_back() -> None:
    distilled = capture(b"e0", Step.DISTIL, 500, MAKER, batch=SPIRIT)
    changes = fold(
        [distilled, BOTTLED], [used(b"e1", SPIRIT, 450)], voided=[declared(BOTTLED)], restored=[used(b"d", SPIRIT, 450)]
    )
    assert changes.holdings == {(SPIRIT, MAKER): 500, (WINE, MAKER): 0}
    assert changes.accounts == {SPIRIT: AccountChanges(born=500, held=500), WINE: AccountChanges()}


def test_a_shipment_voided_later_opens_no_consignment_anew() -> None:
    parcel = fold([], [], voided=[declared(SHIPPED)]).consignments[b"e2"]
    assert (parcel.sender, parcel.addressee, parcel.shipped) == (None, None, -60)


def test_the_sender_of_what_was_not_sent_back_after_all_must_be_looked_up() -> None:
    back = capture(b"e3", Step.RETURN, 60, DEALER, ref=b"e2")
    changes = fold([], [], voided=[declared(back)])
    assert changes.senders_needed == {b"e2"}
    send_back(changes, {b"e2": MAKER})
    assert changes.holdings == {(WINE, MAKER): -60}
    assert changes.consignments[b"e2"].returned == -60


def test_changes_add_up_whichever_way_the_rows_are_cut() -> None:
    rows = [BOTTLED, SHIPPED, capture(b"e3", Step.RETURN, 10, DEALER, ref=b"e2")]
    whole = fold(rows, []).holdings
    apart = [fold([row], []) for row in rows]
    for part in apart:
        send_back(part, {b"e2": MAKER})
    assert sum(part.holdings.get((WINE, MAKER), 0) for part in apart) == whole[WINE, MAKER] == 50


def test_a_capture_concerns_a_consignment_when_it_ships_or_names_one() -> None:
    def of(step: Step, ref: bytes) -> bytes | None:
        return consignment_of(capture(b"e2", step, 1, DEALER, ref=ref))

    named = {step: of(step, b"e1") for step in Step}
    unnamed = {step: of(step, NOTHING) for step in Step}
    moves = dict.fromkeys((Step.RECEIVE, Step.RETURN, Step.WRITE_OFF), b"e1")
    assert {step: found for step, found in named.items() if found} == {Step.SHIP: b"e2", **moves}
    assert {step: found for step, found in unnamed.items() if found is not None} == {
        Step.SHIP: b"e2",
        Step.RECEIVE: NOTHING,
        Step.RETURN: NOTHING,
    }


def story(consignments: int) -> Iterator[tuple[Any, ...]]:
    """Shipments that end in every way, one after the other; each is closed but every tenth."""
    for number in range(consignments):
        shipped = number.to_bytes(4, "big")
        yield capture(shipped, Step.SHIP, 10, MAKER, to=DEALER)
        yield capture(b"r" + shipped, Step.RECEIVE, 6, DEALER, ref=shipped)
        yield capture(b"b" + shipped, Step.RETURN, 3, DEALER, ref=shipped)
        if number % 10:
            yield capture(b"w" + shipped, Step.WRITE_OFF, 1, DEALER, ref=shipped)


def test_consignments_apart_from_the_rest_add_up_to_the_same() -> None:
    rest = [
        capture(b"e0", Step.DISTIL, 500, MAKER, batch=SPIRIT),
        BOTTLED,
        capture(b"e4", Step.WRITE_OFF, 3, MAKER),
        capture(b"e5", Step.SELL, 2, MAKER),
        capture(b"e6", Step.RECALL, 9, MAKER),
        capture(b"e7", Step.RECEIVE, 4, STORE, ref=b"unknown"),
        capture(b"e8", Step.RETURN, 4, STORE, ref=b"unknown"),
    ]
    rows = [*rest[:4], *story(20), *rest[4:]]
    Random(7).shuffle(rows)
    rows.sort(key=lambda row: row[7] != Step.SHIP)  # shipments before what names them, the rest in any order
    inputs = [used(b"e1", SPIRIT, 450), used((3).to_bytes(4, "big"), SPIRIT, 1)]
    voided = [declared(row, b"d" + row[4]) for row in rows if row[7] in (Step.RECEIVE, Step.SELL, Step.BOTTLE)]
    restored = [used(b"de1", SPIRIT, 450)]
    whole = fold(rows, inputs, voided=voided, restored=restored)
    apart = Changes()
    fold_unconsigned(rows, inputs, apart, voided=voided, restored=restored)
    told = [*rows, *map(opposite, voided)]
    consigned = sorted(
        (row for row in told if consignment_of(row) is not None), key=lambda row: str(consignment_of(row))
    )
    parcels = dict(fold_consigned(consigned, apart))
    assert (apart.holdings, apart.accounts, parcels) == (whole.holdings, whole.accounts, whole.consignments)


def test_no_consignment_is_held_once_it_is_given_away() -> None:
    changes = Changes()
    given = 0
    for _, parcel in fold_consigned(story(5_000), changes):
        assert not changes.consignments
        assert parcel.shipped == 10
        given += 1
    assert given == 5_000
    assert (len(changes.consignments), len(changes.holdings), len(changes.accounts)) == (0, 2, 1)


def test_holdings_share_the_bytes_of_their_ids() -> None:
    changes = Changes()
    for number in range(3):
        changes.hold(bytes([7]) * 32, number.to_bytes(32, "big"), 1)
        changes.hold(number.to_bytes(32, "big"), bytes([7]) * 32, 1)
    assert len({id(each) for key in changes.holdings for each in key}) == 4

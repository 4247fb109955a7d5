"""A declaration that a capture did not happen is undone by an opposite entry that the logs alone tell."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from web3.logs import DISCARD

from ledger_indexer.auditing.mirror import audit
from ledger_indexer.mirror import queries
from ledger_indexer.mirror.snapshot import Snapshot
from ledger_indexer.proving.prove import find_row, prove_row
from ledger_indexer.proving.row_proof import check_proof
from tests.contract.test_mirror import deployment_of, mirrored
from tests.contract.world import NOTHING, SUSPENDED, Said, Step, account_key, named
from tests.kit.chain_trade import BATCH, ChainTrade

pytestmark = pytest.mark.contract

SPIRIT, WINE = named("spirit"), named("wine")


def does(trade: ChainTrade, said: Said) -> Said:
    answer = trade.world.record(said)
    assert answer.recorded == [said.evidence], answer.refused
    return said


def undoes(trade: ChainTrade, said: Said) -> Said:
    return does(trade, trade.world.voids(said))


def course(trade: ChainTrade) -> Iterator[Said]:
    """One of each step that can be voided, each as the trade stands after those before it."""
    says, brand, dealer = trade.world.says, trade.brand, trade.dealer
    yield says(brand, Step.HARVEST, SPIRIT, 500)
    yield says(brand, Step.BOTTLE, WINE, 100, inputs=[{"batch": SPIRIT, "quantity": 40}] * 2)
    yield says(brand, Step.COMMISSION, WINE, 100, units=named("units"))
    yield says(brand, Step.AGE, SPIRIT, 0)
    yield says(brand, Step.INSPECT, WINE, 3)
    shipment = trade.ship(brand, dealer, 60)
    yield shipment
    yield trade.receive(dealer, shipment.evidence, 20)
    yield trade.receive(dealer, shipment.evidence, 30, Step.RETURN)
    yield trade.receive(dealer, shipment.evidence, 4, Step.WRITE_OFF)
    yield says(dealer, Step.SELL, BATCH, 20)
    yield says(brand, Step.WRITE_OFF, BATCH, 70)


def accounts(trade: ChainTrade) -> list[Any]:
    ledger = trade.world.ledger.functions
    members = (trade.brand, trade.dealer)
    batches = (BATCH, SPIRIT, WINE)
    held = [trade.world.held(batch, member) for batch in batches for member in members]
    return [held, [trade.world.totals(batch) for batch in batches], ledger.unitsRoot(WINE).call()]


def test_every_step_taken_back_in_turn_leaves_the_ledger_as_it_was(trade: ChainTrade) -> None:
    said, before = [], []
    for one in course(trade):
        before.append(accounts(trade))
        said.append(does(trade, one))
    for one, was in zip(reversed(said), reversed(before), strict=True):
        undoes(trade, one)
        assert accounts(trade) == was, Step(one.capture["step"]).name
        assert trade.world.voided(one.evidence)
    again = trade.world.says(trade.brand, Step.BOTTLE, BATCH, 1)
    assert trade.refused(again) == "BatchExists"


def test_a_declaration_is_told_with_all_that_it_voids_and_what_it_gives_back(trade: ChainTrade) -> None:
    world = trade.world
    does(trade, world.says(trade.brand, Step.HARVEST, SPIRIT, 500))
    inputs = [{"batch": SPIRIT, "quantity": 40}, {"batch": BATCH, "quantity": 1}]
    more = {"inputs": inputs, "location": named("hall"), "ref": WINE}
    bottled = does(trade, world.says(trade.brand, Step.BOTTLE, WINE, 9, **more))
    declaration = world.voids(bottled)
    receipt = world.send(world.ledger.functions.record([world.signed(declaration)]), world.relayer)
    (voided,) = world.ledger.events.CaptureVoided().process_receipt(receipt, errors=DISCARD)
    restored = world.ledger.events.InputRestored().process_receipt(receipt, errors=DISCARD)
    expected = {name: value for name, value in declaration.capture.items() if name not in ("units", "inputs")}
    assert {name: voided["args"][name] for name in expected} == expected
    assert (voided["args"]["party"], voided["args"]["voids"]) == (trade.brand.id, bottled.evidence)
    assert [(log["args"]["evidence"], log["args"]["batch"], log["args"]["quantity"]) for log in restored] == [
        (declaration.evidence, item["batch"], item["quantity"]) for item in inputs
    ]


def test_a_shipment_is_not_voided_once_some_of_it_has_arrived(trade: ChainTrade) -> None:
    shipment = does(trade, trade.ship(trade.brand, trade.dealer, 20))
    arrived = does(trade, trade.receive(trade.dealer, shipment.evidence, 1))
    assert trade.refused(trade.world.voids(shipment)) == "ConsignmentMoved"
    undoes(trade, arrived)
    undoes(trade, shipment)
    assert trade.refused(trade.receive(trade.dealer, shipment.evidence, 1)) == "OpenLess"


def test_a_receipt_is_not_voided_once_the_goods_have_gone_on(trade: ChainTrade) -> None:
    shipment = does(trade, trade.ship(trade.brand, trade.dealer, 20))
    arrived = does(trade, trade.receive(trade.dealer, shipment.evidence, 20))
    onward = does(trade, trade.ship(trade.dealer, trade.store, 1))
    assert trade.refused(trade.world.voids(arrived)) == "HoldsLess"
    undoes(trade, onward)
    undoes(trade, arrived)
    assert trade.world.open(shipment.evidence) == 20


def test_a_batch_whose_birth_was_voided_is_born_anew(trade: ChainTrade) -> None:
    first = does(trade, trade.world.says(trade.brand, Step.HARVEST, SPIRIT, 500))
    undoes(trade, first)
    assert trade.refused(trade.ship(trade.brand, trade.dealer, 1, SPIRIT)) == "BatchUnknown"
    does(trade, trade.world.says(trade.brand, Step.HARVEST, SPIRIT, 450))
    assert trade.world.totals(SPIRIT)["born"] == trade.world.held(SPIRIT, trade.brand) == 450


def test_a_bottling_is_not_voided_once_a_bottle_has_left(trade: ChainTrade) -> None:
    bottled = does(trade, trade.world.says(trade.brand, Step.BOTTLE, WINE, 9, inputs=[{"batch": BATCH, "quantity": 9}]))
    sample = does(trade, trade.world.says(trade.brand, Step.WRITE_OFF, WINE, 1))
    assert trade.refused(trade.world.voids(bottled)) == "HoldsLess"
    undoes(trade, sample)
    undoes(trade, bottled)
    assert trade.world.held(BATCH, trade.brand) == 100


@pytest.mark.parametrize("step", [Step.RECALL, Step.LIFT])
def test_a_recall_and_its_lift_are_each_others_opposite_and_are_not_voided(trade: ChainTrade, step: Step) -> None:
    trade.recall()
    said = trade.world.says(trade.brand, Step.LIFT, BATCH)
    if step == Step.LIFT:
        does(trade, said)
    assert trade.refused(trade.world.voids(said, step=int(step))) == "StepNotVoidable"


def test_a_declaration_repeats_what_it_voids(trade: ChainTrade) -> None:
    lost = does(trade, trade.world.says(trade.brand, Step.WRITE_OFF, BATCH, 5, location=named("hall")))
    for name, other in (
        ("batch", WINE),
        ("step", int(Step.INSPECT)),
        ("quantity", 4),
        ("counterparty", trade.dealer.id),
        ("location", NOTHING),
        ("time", lost.capture["time"] - 1),
        ("units", WINE),
        ("ref", WINE),
        ("inputs", [{"batch": BATCH, "quantity": 1}]),
    ):
        assert trade.refused(trade.world.voids(lost, **{name: other})) == "ContentDiffers", name
    undoes(trade, lost)


def test_a_capture_is_voided_once_by_its_own_party_with_any_of_its_devices(trade: ChainTrade) -> None:
    world = trade.world
    lost = world.says(trade.brand, Step.WRITE_OFF, BATCH, 5)
    assert trade.refused(world.voids(lost)) == "VoidedUnknown"
    does(trade, lost)
    assert trade.refused(world.voids(lost, by=trade.dealer.key)) == "NotItsParty"
    other = account_key("another device of the brand")
    world.send(world.admit(trade.brand.id, other, trade.brand.key), world.relayer)
    declaration = does(trade, world.voids(lost, by=other))
    assert trade.refused(world.voids(lost)) == "VoidedBefore"
    assert trade.refused(world.voids(declaration)) == "DeclarationNotVoidable"
    assert not world.voided(declaration.evidence)


def test_neither_a_recall_nor_the_others_sanction_keeps_a_shipment_from_being_voided(trade: ChainTrade) -> None:
    shipment = does(trade, trade.ship(trade.brand, trade.dealer, 20))
    sold = does(trade, trade.world.says(trade.brand, Step.WRITE_OFF, BATCH, 1))
    trade.recall()
    trade.world.set_standing(trade.dealer, SUSPENDED)
    undoes(trade, shipment)
    trade.world.set_standing(trade.brand, SUSPENDED)
    assert trade.refused(trade.world.voids(sold)) == "PartyNotActive"


@pytest.mark.integration
def test_the_mirror_follows_declarations_and_proves_them(trade: ChainTrade, database_url: str) -> None:
    world, said = trade.world, []
    for one in course(trade):
        said.append(does(trade, one))
    voids = [undoes(trade, one) for one in said[:0:-1]]
    deployment = deployment_of(world)
    node = mirrored(world, database_url)
    with Snapshot(database_url) as snapshot:
        report = audit(node, snapshot, deployment)
    assert report.difference is None
    assert len(report.unchecked) == 1, report.unchecked
    engine = create_engine(database_url)
    with engine.connect() as connection, Snapshot(database_url) as snapshot:
        by = queries.voided_by(connection, [one.evidence for one in said])
        assert by == {one.capture["voids"]: one.evidence for one in voids}
        positions = queries.positions_of(connection, [one.evidence for one in (*said, *voids)])
        assert len(positions) == len(said) + len(voids)
        assert {position.refused for position in positions.values()} == {None}
        (spirit,) = queries.totals(connection, SPIRIT)
        assert (spirit.born, spirit.held, spirit.consumed) == (500, 500, 0)
        shipment = next(one for one in said if one.capture["step"] == Step.SHIP)
        parcel = queries.consignment(connection, shipment.evidence)
        assert parcel is not None
        assert (parcel.shipped, parcel.open, parcel.sender) == (0, 0, trade.brand.id)
        declaration = queries.declaration(connection, by[shipment.evidence])
        assert declaration is not None
        assert (declaration.voids, declaration.quantity) == (shipment.evidence, 60)
        place = find_row(connection, declaration.evidence.hex())
        proof = prove_row(node, snapshot, deployment, place)
    assert check_proof(proof).values["voids"] == "0x" + shipment.evidence.hex()
    assert (place.table, proof.row.name) == ("capture_voided", "CaptureVoided")
    with engine.begin() as connection:
        connection.execute(text("update mirror.input_restored set quantity = quantity + 1 where log_index = 1"))
    with Snapshot(database_url) as snapshot:
        difference = audit(node, snapshot, deployment).difference
    assert difference is not None
    assert "table InputRestored" in difference
    node.close()
    engine.dispose()

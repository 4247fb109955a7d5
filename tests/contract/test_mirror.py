"""The mirror of the real contracts: every step's balances, proven against the contract's own answers."""

from typing import Any

import pytest
from sqlalchemy import create_engine

from ledger_indexer.auditing.mirror import audit
from ledger_indexer.bindings.deployments import Deployment
from ledger_indexer.fetching.client import Node
from ledger_indexer.following.follower import Follower, Limits
from ledger_indexer.mirror import queries
from ledger_indexer.mirror.snapshot import Snapshot
from ledger_indexer.mirror.store import Store
from tests.contract.world import DEALER, PRODUCER, STORE, SUSPENDED, Step, World, named
from tests.fakes.proxy import LyingProxy

pytestmark = [pytest.mark.contract, pytest.mark.integration]


def deployment_of(world: World) -> Deployment:
    return Deployment(
        chain_id=world.w3.eth.chain_id,
        access_manager=world.manager.address,
        participants=world.participants.address,
        batch_ledger=world.ledger.address,
        evidence_log=world.log.address,
        block=1,
        finality_depth=4,
    )


def play(world: World) -> dict[str, Any]:
    """From sorghum to the shop, with a return, breakage, a refusal, a sanction and a log head."""
    maker, dealer, store = (world.enrol(n, r) for n, r in {"m": PRODUCER, "d": DEALER, "s": STORE}.items())
    sorghum, spirit, wine = named("sorghum"), named("spirit"), named("wine")
    world.record(world.says(maker, Step.HARVEST, sorghum, 1_000))
    world.record(world.says(maker, Step.DISTIL, spirit, 500, inputs=[{"batch": sorghum, "quantity": 900}]))
    world.record(world.says(maker, Step.BOTTLE, wine, 400, inputs=[{"batch": spirit, "quantity": 450}]))
    shipped = world.says(maker, Step.SHIP, wine, 300, counterparty=dealer.id, units=named("units"))
    too_much = world.says(dealer, Step.SELL, wine, 10_000)
    world.record(shipped, too_much)
    on = {"ref": shipped.evidence}
    world.record(world.says(dealer, Step.RECEIVE, wine, 200, **on), world.says(dealer, Step.WRITE_OFF, wine, 3, **on))
    world.record(world.says(dealer, Step.RETURN, wine, 97, **on))
    onward = world.says(dealer, Step.SHIP, wine, 50, counterparty=store.id)
    world.record(onward, world.says(dealer, Step.SELL, wine, 20), world.says(dealer, Step.WRITE_OFF, wine, 2))
    world.record(world.says(store, Step.RECEIVE, wine, 30, ref=onward.evidence))
    world.set_standing(store, SUSPENDED)
    world.send(world.participants.functions.revokeDevice(dealer.key.signer), world.enroller)
    world.send(world.log.functions.append(named("log"), 1, named("root"), []), world.publisher)
    members = {"maker": maker, "dealer": dealer, "store": store}
    return {**members, "wine": wine, "shipped": shipped, "onward": onward, "too_much": too_much}


def mirrored(world: World, url: str) -> Node:
    """A node of the world, with its chain mirrored."""
    node = Node(str(world.w3.provider.endpoint_uri))  # type: ignore[attr-defined]
    store = Store(url)
    Follower(node, store, deployment_of(world), Limits(tail=5)).converge(node.newest())
    store.close()
    return node


def test_the_mirror_holds_what_the_contracts_hold(world: World, database_url: str) -> None:
    told = play(world)
    deployment = deployment_of(world)
    node = mirrored(world, database_url)
    with Snapshot(database_url) as snapshot:
        report = audit(node, snapshot, deployment)
    node.close()
    assert report.difference is None
    assert len(report.unchecked) == 1, report.unchecked
    assert report.balances > 0
    engine = create_engine(database_url)
    with engine.connect() as connection:
        wine, dealer, shop = told["wine"], told["dealer"], told["store"]
        (totals,) = queries.totals(connection, wine)
        assert (totals.born, totals.sold, totals.lost, totals.in_transit) == (400, 20, 5, 20)
        parcel = queries.consignment(connection, told["shipped"].evidence)
        assert parcel is not None
        assert (parcel.shipped, parcel.received, parcel.returned, parcel.lost, parcel.open) == (300, 200, 97, 3, 0)
        (onward,) = queries.consignments_to(connection, shop.id)
        assert onward.open == 20
        (held,) = queries.holdings(connection, batch=wine, party=dealer.id)
        assert held.held == world.held(wine, dealer)
        refused = queries.positions_of(connection, [told["too_much"].evidence])[told["too_much"].evidence]
        assert refused.refused is not None
        assert world.error(refused.refused)[0]
        device = queries.device(connection, dealer.key.signer)
        assert device is not None
        assert (device.party, device.revoked) == (dealer.id, True)
        party = queries.party(connection, shop.id)
        assert party is not None
        assert (party.roles, party.standing) == (STORE, SUSPENDED)
        head = queries.head(connection, named("log"))
        assert head is not None
        assert (head.size, head.root) == (1, named("root"))
        assert queries.head_position(connection, named("log"), 1) is not None
        assert queries.head_position(connection, named("log"), 2) is None
    engine.dispose()


def test_a_contract_that_says_otherwise_of_a_consignment_is_found(world: World, database_url: str) -> None:
    told = play(world)
    deployment = deployment_of(world)
    node = mirrored(world, database_url)
    asked: list[str] = []
    for name, still in {"shipped": 0, "onward": 20}.items():  # the one closed, the other open
        evidence = told[name].evidence

        def with_another_word(method: str, params: list[Any], result: Any, evidence: bytes = evidence) -> Any:
            if method != "eth_call":
                return result
            asked.append(params[0]["data"])
            of_it = params[0]["data"].endswith(evidence.hex()) and len(result) == 2 + 4 * 64
            return f"{result[:-64]}{int(result[-64:], 16) + 1:064x}" if of_it else result

        with LyingProxy(node.url, with_another_word) as other, Snapshot(database_url) as snapshot:
            liar = Node(other.url)
            difference = audit(liar, snapshot, deployment).difference
            liar.close()
        assert difference is not None
        assert difference.startswith(f"consignment, 0x{evidence.hex()}: the contract says (")
        assert f", {still + 1}), the logs (" in difference
        assert difference.endswith(f", {still})")
    node.close()
    assert len({data[:10] for data in asked}) == 3, "held, totals and consignment are asked for"

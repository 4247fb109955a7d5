"""With the brand's keys and log-ins alone nothing is recorded that counts as a dealer's, and the dealer sees each try.

The brand here holds everything that a brand can hold: an administrator's log-in, the relayer's key with every access
role, the contracts' administration, its own devices. Real door, real chain, real mirror.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_hash.auto import keccak
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker

from backend.anchoring import calls, deploying
from backend.anchoring.relayer import Chain
from backend.anchoring.rules import Call
from backend.app import create_app
from backend.db.engine import snapshot
from backend.identity import service as identity
from backend.identity.rules import PARTY_ROLES, Party
from backend.reconciliation import service as reconciliation
from ledger_indexer.mirror import queries
from ledger_indexer.node.keys import relayer_keys
from scanner.device import events, joining, signing
from scanner.device.events import At, Lot
from scanner.device.names import party_id
from tests.kit.house import House, open_house
from tests.kit.people import BRAND, DEALER, LIQUOR, enrol, gln, key, register_of, signer
from tests.kit.trade import message

pytestmark = pytest.mark.integration

FORGED, SHELL = key("the brand's forgery"), gln(77)
SOLD = Lot(LIQUOR, "B1", 1)


@pytest.fixture
def house(tmp_path: Path, database_url: str, sessions: sessionmaker[Session]) -> Iterator[House]:
    with open_house(tmp_path, database_url, sessions) as house:
        with sessions.begin() as session:
            enrol(session, now=datetime.now(UTC), register=register_of(house.deployment))
            identity.enrol_party(session, Party(SHELL, "空壳", frozenset({"dealer"}), "510100"), now=datetime.now(UTC))
            identity.add_user(session, "root", "a long password", {"admin"})
            identity.add_user(session, "dealer", "a long password", {"dealer"}, DEALER)
        yield house


class Desk:
    """One person's requests, or a stranger's."""

    def __init__(self, house: House, name: str | None) -> None:
        self.client = TestClient(create_app(house.settings, house.sessions))
        if name is not None:
            with house.sessions.begin() as session:
                token = identity.log_in(session, name, "a long password", now=datetime.now(UTC))
            self.client.headers["Authorization"] = f"Bearer {token}"

    def post(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Status and answer."""
        answer = self.client.post(path, json=body)
        return answer.status_code, answer.json()

    def devices(self) -> dict[str, str]:
        """States of the own devices, by signer."""
        told = self.client.get("/devices").json()["devices"]
        return {each["signer"]: each["state"] for each in told}


def forged_sale(house: House, desk: Desk) -> tuple[int, str]:
    """The forged key sells in the dealer's name; status and kind of the answer."""
    deployment = house.deployment
    domain = signing.Domain(deployment.chain_id, bytes.fromhex(deployment.batch_ledger[2:]))
    event = events.sell(At(datetime.now(UTC) - timedelta(minutes=1), DEALER), SOLD)
    said = message(event, by="the brand's forgery", domain=domain)
    status, answer = desk.post("/captures", said)
    return status, str(answer.get("kind"))


def test_the_brand_alone_never_speaks_for_the_dealer(house: House) -> None:
    brand, dealer, stranger = Desk(house, "root"), Desk(house, "dealer"), Desk(house, None)
    register = register_of(house.deployment).domain
    forged = signing.address_of(FORGED)
    hexed = "0x" + forged.hex()
    house.until(lambda session: queries.device(session.connection(), signer(DEALER)) is not None)

    # Its desk: no direct way, no second invitation, no other party's code, no device of its own.
    assert brand.post("/devices", {"signer": hexed, "party": DEALER, "label": "x"})[0] in (404, 405)
    assert brand.post("/devices/invitations", {"party": DEALER})[1]["kind"] == "HasDevices"
    code = brand.post("/devices/invitations", {"party": SHELL})[1]["code"]
    assert stranger.post("/devices/redemptions", joining.redemption(DEALER, FORGED, "x", code, register))[0] == 409
    own = joining.admission(DEALER, FORGED, "x", key(BRAND), register)
    assert stranger.post("/devices/admissions", own)[1]["kind"] == "NotItsSignature"
    assert (
        stranger.post("/devices/admissions", own | {"by": "0x" + signer(DEALER).hex()})[1]["kind"] == "NotItsSignature"
    )
    assert forged_sale(house, stranger) == (403, "UnknownDevice")

    # By proposal: the dealer sees it, it counts for nothing while the notice runs, and the dealer's device stops it.
    assert brand.post("/devices/proposals", joining.proposal(DEALER, FORGED, "新手机", register))[0] == 201
    assert dealer.devices()[hexed] == "waits"
    assert "品牌方提出了一台新设备" in dealer.client.get("/devices", headers={"accept": "text/html"}).text
    assert forged_sale(house, stranger) == (403, "NoticeNotOver")
    house.until(lambda session: queries.device(session.connection(), forged) is not None)
    stop = joining.revocation(DEALER, forged, key(DEALER), register)
    assert stranger.post("/devices/revocations", stop)[0] == 201
    assert dealer.devices()[hexed] == "stopped"
    assert forged_sale(house, stranger)[0] == 403

    def is_stopped(session: Session) -> bool:
        found = queries.device(session.connection(), forged)
        return bool(found and found.revoked and found.revoked_by == signing.device_id(signer(DEALER)))

    house.until(is_stopped)
    page = dealer.client.get("/devices", headers={"accept": "text/html"}).text
    assert page.count('class="refused"') >= 3, "the dealer sees every attempt"


def test_who_silences_the_dealer_and_takes_its_place_is_stopped_by_the_silenced_phone(house: House) -> None:
    brand, dealer, stranger = Desk(house, "root"), Desk(house, "dealer"), Desk(house, None)
    register = register_of(house.deployment).domain
    forged = signing.address_of(FORGED)
    hexed = "0x" + forged.hex()
    assert brand.post(f"/devices/0x{signer(DEALER).hex()}/revocation", {})[0] == 200
    code = brand.post("/devices/invitations", {"party": DEALER})[1]["code"]
    assert stranger.post("/devices/redemptions", joining.redemption(DEALER, FORGED, "x", code, register))[0] == 201
    assert dealer.devices() == {"0x" + signer(DEALER).hex(): "revoked", hexed: "waits"}
    assert forged_sale(house, stranger) == (403, "NoticeNotOver")
    assert stranger.post("/devices/revocations", joining.revocation(DEALER, forged, key(DEALER), register))[0] == 201

    def is_over(session: Session) -> bool:
        found = queries.device(session.connection(), forged)
        return bool(found and found.revoked and found.since - found.enrolled_at == 2 * 86_400)

    house.until(is_over)
    assert dealer.devices()[hexed] == "stopped"


def told(house: House, call: Call) -> bool:
    """Whether the chain took a call of the relayer's own key."""
    relayer = Chain(house.node, relayer_keys(house.settings.home / "chain", 1)[0])
    quote = relayer.quote()
    sent = relayer.sign(call, quote.nonce, quote.fee)
    relayer.send(sent.raw)
    deadline = time.monotonic() + 20
    while (outcome := relayer.outcome(sent.hash)) is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return outcome


def test_the_relayers_key_neither_stops_a_dealer_nor_makes_itself_able_to(house: House) -> None:
    """Nothing but a sanction, by another key and its delay: no other role, no territory, no right given to itself."""
    deployment, dealer = house.deployment, party_id(DEALER)
    house.until(lambda session: queries.party(session.connection(), dealer) is not None)
    with house.sessions() as session:
        before = queries.party(session.connection(), dealer)
    manager, own = bytes.fromhex(deployment.access_manager[2:]), relayer_keys(house.settings.home / "chain", 1)[0]
    address = Chain(house.node, own).relayer
    selector = keccak(b"grantRole(uint64,address,uint32)")[:4]
    for role in (deploying.SANCTIONER, deploying.ADMIN):
        grant = selector + encode(["uint64", "address", "uint32"], [role, "0x" + address.hex(), 0])
        assert not told(house, Call(manager, grant, 300_000))
    assert not told(house, calls.set_standing(deployment, dealer, "revoked"))
    assert not told(house, calls.enrol_party(deployment, dealer, PARTY_ROLES["inspector"], bytes(32)))
    with house.sessions() as session:
        assert queries.party(session.connection(), dealer) == before

    # What it says of a party before our books do is no secret: the comparison names it.
    planted = Party(gln(78), "新经销商", frozenset({"dealer"}), "510100")
    assert told(house, calls.enrol_party(deployment, party_id(planted.gln), PARTY_ROLES["inspector"], bytes(32)))
    with house.sessions.begin() as session:
        identity.enrol_party(session, planted, now=datetime.now(UTC))
    house.until(lambda session: queries.party(session.connection(), party_id(planted.gln)) is not None)
    with snapshot(house.sessions) as session:
        found = [each for each in reconciliation.reconcile(session).differences if each.what == "party"]
    assert [(each.names.party, each.field) for each in found] == [(planted.gln, "roles"), (planted.gln, "territory")]
    assert (found[0].books, found[0].chain) == (PARTY_ROLES["dealer"], PARTY_ROLES["inspector"])


def test_what_the_enroller_does_past_the_desk_is_on_the_dealers_page(house: House) -> None:
    """Straight at the contract, with the key that has every role."""
    house.until(lambda session: queries.device(session.connection(), signer(DEALER)) is not None)
    enroller = Chain(house.node, relayer_keys(house.settings.home / "chain", 1)[0])
    deployment, dealer = house.deployment, Desk(house, "dealer")
    said = joining.proposal(DEALER, FORGED, "x", register_of(deployment).domain)
    joins = [bytes.fromhex(said[name][2:]) for name in ("signer", "possession")]
    call = calls.propose(deployment, party_id(DEALER), *joins)
    quote = enroller.quote()
    sent = enroller.sign(call, quote.nonce, quote.fee)
    enroller.send(sent.raw)
    house.until(lambda _: dealer.devices().get(said["signer"]) == "waits")
    assert forged_sale(house, Desk(house, None)) == (403, "NoticeNotOver")
    answer = dealer.client.post(f"/devices/{said['signer']}/revocation")
    assert answer.status_code == 200, "a log-in of the party stops it too"

    def is_over(session: Session) -> bool:
        found = queries.device(session.connection(), joins[0])
        return bool(found and found.revoked)

    house.until(is_over)
    assert dealer.devices()[said["signer"]] == "stopped"


def test_another_partys_person_revokes_nothing_and_the_owner_sees_the_try(house: House) -> None:
    with house.sessions.begin() as session:
        identity.add_user(session, "rival", "a long password", {"dealer"}, gln(4))
    rival, dealer = Desk(house, "rival"), Desk(house, "dealer")
    path = f"/devices/0x{signer(DEALER).hex()}/revocation"
    assert rival.post(path, {})[0] == 403
    assert rival.client.get(f"/devices?party={DEALER}").status_code == 403
    assert dealer.devices() == {"0x" + signer(DEALER).hex(): "active"}
    assert "rival" in dealer.client.get("/devices", headers={"accept": "text/html"}).text

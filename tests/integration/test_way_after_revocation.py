"""The way of a bottle that was packed anew by a key which was revoked before the next head of the log. A real chain."""

# ruff: noqa: F401, F811

import json
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from backend.capabilities import JOBS, REACTIONS
from backend.capture import service as capture
from ledger_indexer.mirror import queries
from scanner.device import events, signing
from scanner.device.events import Lot, Parties, case_uri, item_uri
from scanner.device.session import signed_message
from tests.integration.test_way_proofs import exported, house, pinned, sessions, url, verified
from tests.kit.house import BATCH, House, tell_story
from tests.kit.people import DEALER, LIQUOR, NOW, STORE, admit, key, register_of, revoke_by, signer, sscc
from tests.kit.phone import checked_by_phone
from tests.kit.trade import Trade

pytestmark = pytest.mark.integration
CRATE, SECOND = sscc(9777), key("second")


def is_revoked(session: Session) -> bool:
    found = queries.device(session.connection(), signer(DEALER))
    return found is not None and found.revoked


def test_an_honest_bottles_way_holds_though_its_packers_key_was_revoked_at_once(house: House, tmp_path: Path) -> None:
    story, deployed = tell_story(house), house.deployment
    domain, unit = signing.Domain(deployed.chain_id, bytes.fromhex(deployed.batch_ledger[2:])), story.kept[0]
    with house.sessions.begin() as session:
        trade = Trade(session, at=NOW - timedelta(days=2), domain=domain)
        trade.move(24, to=DEALER, batch=BATCH, epcs=[case_uri(unit.sscc)])
        admit(session, DEALER, SECOND, by=key(DEALER), now=trade.at, register=register_of(deployed))
    house.settle()
    with house.sessions.begin() as session:
        trade = Trade(session, at=trade.at, domain=domain)
        trade.unpack(unit.sscc, by=DEALER)
        trade.pack(CRATE, [item_uri(each.gtin, each.serial) for each in story.kept[:6]], by=DEALER)
    with house.sessions.begin() as session:
        revoke_by(session, DEALER, signer(DEALER), by=SECOND, now=trade.at, register=register_of(deployed))
    for _ in range(15):  # no head is written meanwhile
        for name, job, _rest in JOBS:
            if name != "bundle leaves":
                job(house.work)
        time.sleep(0.05)
    with house.sessions() as session:
        found = queries.device(session.connection(), signer(DEALER))
    assert found is not None
    assert not found.revoked, "the revocation waits for the packing"
    house.settle()
    with house.sessions.begin() as session:
        place = Trade(session, at=trade.at + timedelta(hours=1), domain=domain).place(DEALER)
        sent = events.ship(place, Lot(LIQUOR, BATCH, 6), Parties(DEALER, STORE), [case_uri(CRATE)])
        message = json.loads(signed_message(sent, SECOND, domain)[1])
        capture.submit(session, message, domain=domain, now=place.time, reactions=REACTIONS)
    house.settle()
    house.until(is_revoked)
    code, answer = verified(tmp_path, exported(house, f"bottle:{unit.gtin}/{unit.serial}"), *pinned(house))
    assert (code, answer["holds"]) == (0, True), answer
    outcome = checked_by_phone(house, unit, tmp_path)
    assert not outcome["problems"], outcome

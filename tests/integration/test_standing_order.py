"""Suspended, reinstated, revoked, and speaking in between: the contract judges as the books did, in whatever order."""

import random
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from backend.anchoring import jobs
from backend.db.engine import transaction
from backend.identity import keys, service
from backend.identity.rules import RevokedDevice
from scanner.device.events import Lot
from tests.integration.test_anchoring_crashes import WRITING, Office
from tests.kit.people import BRAND, GRAIN, NOW, SPIRIT, enrol, signer
from tests.kit.trade import Trade

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("seed", range(3))
def test_books_and_chain_judge_alike_whatever_is_mined_first(sessions: sessionmaker[Session], seed: int) -> None:
    print(f"seed {seed}")
    dice, office = random.Random(seed), Office(sessions, lanes=3)
    with transaction(sessions) as session:
        enrol(session)
    for _ in range(4):
        office.round()
    senders = [relay.relayer for relay in office.relays]
    standing, trade_at, taken = "active", NOW - timedelta(days=300), 0
    for number in range(20):
        with transaction(sessions) as session:
            if dice.random() < 0.4:
                standing = "active" if standing == "suspended" else "suspended"
                service.set_standing(session, BRAND, standing)
            if number == 15:
                keys.revoke(session, signer(BRAND), now=office.now)
        for each in range(dice.randrange(4)):
            try:
                with transaction(sessions) as session:
                    if service.get_party(session, BRAND).standing != "active":
                        continue
                    trade = Trade(session, at=trade_at)
                    trade.harvest(f"G{number}-{each}")
                    name = f"{number}-{each}"
                    trade.make("distil", [Lot(GRAIN, f"G{name}", 9, "KGM")], Lot(SPIRIT, f"S{name}", 9, "LTR"))
                    trade_at = trade.at
                taken += 2
            except RevokedDevice:
                continue
        office.now += timedelta(seconds=6)
        office.run(*WRITING, jobs.sanction, jobs.send)
        office.node.time = int(office.now.timestamp())
        office.node.mine(senders=dice.sample(senders, dice.randrange(4)))
        office.settle()
    for _ in range(60):
        office.now += timedelta(seconds=10)
        office.run(*WRITING, jobs.sanction, jobs.send)
        office.mine()
    assert dict(office.effects()) == {"captured": taken, "refused": 0, "leaves": 0}
    with pytest.raises(RevokedDevice), transaction(sessions) as session:
        Trade(session, at=trade_at).harvest("after")
    assert not office.node.reverted
    with sessions() as session:
        brand = text("select standing from party where gln = :gln")
        assert session.execute(brand, {"gln": BRAND}).scalar_one() == standing
        told = session.execute(
            text("select standing from mirror.standing_changed where block_number > 4 order by block_number")
        )
        last = list(told.scalars())[-1]
        gone = session.execute(text("select count(*) from mirror.device_revoked")).scalar_one()
    assert gone == 1
    assert last == (1 if standing == "active" else 2)

"""Enrolment and sanction are two roles, held by two people."""

import pytest

from tests.contract.world import (
    ACTIVE,
    DEALER,
    INSPECTOR,
    REVOKED,
    STORE,
    SUSPENDED,
    World,
    account_key,
    browser_key,
    named,
)

pytestmark = pytest.mark.contract


def test_a_party_is_enrolled_as_active(world: World) -> None:
    dealer = world.enrol("dealer", DEALER)
    _, roles, standing, territory = world.participants.functions.partyOf(dealer.id).call()
    assert (roles, standing, territory) == (DEALER, ACTIVE, named("territory"))


def test_enrolment_says_the_standing_too(world: World) -> None:
    receipt = world.send(
        world.participants.functions.enrolParty(named("dealer"), DEALER, named("territory")), world.enroller
    )
    assert world.participants.events.PartyEnrolled().process_log(receipt["logs"][0])["args"]["roles"] == DEALER
    assert world.participants.events.StandingChanged().process_log(receipt["logs"][1])["args"]["standing"] == ACTIVE


def test_who_enrols_neither_changes_nor_takes_what_a_party_may_do(world: World) -> None:
    dealer = world.enrol("dealer", DEALER)
    before = world.participants.functions.partyOf(dealer.id).call()
    for roles, territory in ((INSPECTOR, "territory"), (DEALER | STORE, "territory"), (DEALER, "elsewhere")):
        again = world.participants.functions.enrolParty(dealer.id, roles, named(territory))
        assert world.refusal(again, world.enroller) == "PartyKnown"
    world.set_standing(dealer, SUSPENDED)
    same = world.participants.functions.enrolParty(dealer.id, DEALER, named("territory"))
    assert world.refusal(same, world.enroller) == "PartyKnown", "nor is a sanction lifted by it"
    assert tuple(world.participants.functions.partyOf(dealer.id).call()) == (*before[:2], SUSPENDED, before[3])


def test_a_suspended_party_is_made_active_again(world: World) -> None:
    dealer = world.enrol("dealer", DEALER)
    world.set_standing(dealer, SUSPENDED)
    world.set_standing(dealer, ACTIVE)
    assert world.participants.functions.partyOf(dealer.id).call()[2] == ACTIVE


def test_who_enrols_does_not_sanction_and_the_reverse(world: World) -> None:
    dealer = world.enrol("dealer", DEALER)
    do = world.participants.functions
    assert world.refusal(do.setStanding(dealer.id, SUSPENDED), world.enroller) == "AccessManagedUnauthorized"
    assert world.refusal(do.enrolParty(named("x"), DEALER, bytes(32)), world.sanctioner) == "AccessManagedUnauthorized"
    assert world.refusal(do.revokeDevice(dealer.key.signer), world.relayer) == "AccessManagedUnauthorized"


def test_a_sanction_may_carry_a_delay(world: World) -> None:
    dealer = world.enrol("dealer", DEALER)
    other = list(world.w3.eth.accounts)[6]
    world.send(world.manager.functions.grantRole(2, other, 3600), world.admin)
    sanction = world.participants.functions.setStanding(dealer.id, SUSPENDED)
    data = sanction._encode_transaction_data()
    world.send(world.manager.functions.schedule(world.participants.address, data, 0), other)
    world.ask("evm_increaseTime", 3601)
    world.send(world.manager.functions.execute(world.participants.address, data), other)
    assert world.participants.functions.partyOf(dealer.id).call()[2] == SUSPENDED


def test_enrolment_that_makes_no_sense_is_refused(world: World) -> None:
    dealer = world.enrol("dealer", DEALER)
    do = world.participants.functions
    by = world.enroller
    assert world.refusal(do.enrolParty(bytes(32), DEALER, bytes(32)), by) == "PartyMissing"
    assert world.refusal(do.enrolParty(named("x"), 0, bytes(32)), by) == "RolesUnknown"
    assert world.refusal(do.enrolParty(named("x"), 64, bytes(32)), by) == "RolesUnknown"
    assert world.refusal(do.invite(named("x"), world.relayer), by) == "PartyUnknown"
    assert world.refusal(do.propose(dealer.id, bytes(19), b""), by) == "SignerMalformed"
    assert world.refusal(do.propose(dealer.id, b"\1" * 84, b""), by) == "SignerMalformed"


def test_a_key_serves_one_party_once(world: World) -> None:
    dealer = world.enrol("dealer", DEALER)
    rival = world.enrol("rival", DEALER)
    do = world.participants.functions
    assert world.refusal(world.admit(rival.id, dealer.key, rival.key), world.relayer) == "DeviceKnown"
    world.send(do.revokeDevice(dealer.key.signer), world.enroller)
    world.send(do.invite(dealer.id, account_key("code").address), world.enroller)
    assert world.refusal(world.redeem(dealer.id, dealer.key, account_key("code")), world.relayer) == "DeviceKnown"
    assert world.refusal(do.revokeDevice(dealer.key.signer), world.enroller) == "DeviceIsRevoked"
    assert world.refusal(do.revokeDevice(account_key("x").signer), world.enroller) == "DeviceUnknown"


def test_a_browser_key_is_enrolled_with_its_verifier(world: World) -> None:
    key = browser_key(world.verifier.address, "phone")
    dealer = world.enrol("dealer", DEALER, key)
    device = world.w3.keccak(key.signer)
    party, _, roles, standing, revoked = world.participants.functions.actorOf(device).call()
    assert (party, roles, standing, revoked) == (dealer.id, DEALER, ACTIVE, False)


def test_a_standing_changes_or_is_refused(world: World) -> None:
    dealer = world.enrol("dealer", DEALER)
    do = world.participants.functions
    world.set_standing(dealer, REVOKED)
    assert world.refusal(do.setStanding(dealer.id, REVOKED), world.sanctioner) == "StandingUnchanged"
    assert world.refusal(do.setStanding(dealer.id, 0), world.sanctioner) == "StandingUnchanged"
    assert world.refusal(do.setStanding(named("x"), SUSPENDED), world.sanctioner) == "PartyUnknown"

"""A small trade to begin a test with: who makes, who deals, who sells, and a hundred bottles."""

from tests.contract.world import (
    BRAND,
    DEALER,
    INSPECTOR,
    PRODUCER,
    STORE,
    Member,
    Said,
    Step,
    World,
    named,
)

BATCH = named("batch")


class ChainTrade:
    """A brand that makes, a dealer, a store; 100 bottles of BATCH held by the brand."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.brand = world.enrol("brand", BRAND | PRODUCER)
        self.dealer = world.enrol("dealer", DEALER)
        self.rival = world.enrol("rival", DEALER)
        self.store = world.enrol("store", STORE)
        self.inspector = world.enrol("inspector", INSPECTOR)
        self.bear(BATCH, 100)

    def bear(self, batch: bytes, quantity: int) -> None:
        answer = self.world.record(self.world.says(self.brand, Step.HARVEST, batch, quantity))
        assert not answer.refused

    def ship(self, sender: Member, addressee: Member, quantity: int, batch: bytes = BATCH) -> Said:
        return self.world.says(sender, Step.SHIP, batch, quantity, counterparty=addressee.id)

    def shipped(self, sender: Member, addressee: Member, quantity: int) -> bytes:
        said = self.ship(sender, addressee, quantity)
        assert self.world.record(said).recorded == [said.evidence]
        return said.evidence

    def receive(self, member: Member, consignment: bytes, quantity: int, step: Step = Step.RECEIVE) -> Said:
        return self.world.says(member, step, BATCH, quantity, ref=consignment)

    def stocked(self, member: Member, quantity: int) -> None:
        consignment = self.shipped(self.brand, member, quantity)
        assert not self.world.record(self.receive(member, consignment, quantity)).refused

    def refused(self, said: Said) -> str:
        before = self.world.totals(BATCH)
        reason = self.world.record(said).reason
        assert self.world.totals(BATCH) == before
        assert not self.world.ledger.functions.recorded(said.evidence).call()
        return reason

    def recall(self) -> None:
        assert not self.world.record(self.world.says(self.brand, Step.RECALL, BATCH)).refused

"""Whose standing the contract asks for, step by step: exactly those whom the table of the books names."""

from collections.abc import Callable

import pytest

from backend.capture.rules_standing import Whose, asked_for
from scanner.device.capture import Step as BookStep
from tests.contract.world import ACTIVE, SUSPENDED, WAREHOUSE, Member, Said, Step, World, named
from tests.kit.chain_trade import BATCH, ChainTrade

pytestmark = pytest.mark.contract


class Stage(ChainTrade):
    """The usual trade; `depot` sent ten bottles to the dealer that are under way, and everybody holds some."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.depot = world.enrol("depot", WAREHOUSE)
        for member in (self.depot, self.dealer, self.store):
            self.stocked(member, 20)
        self.spirit = named("spirit")
        self.bear(self.spirit, 10)
        self.sent = self.shipped(self.depot, self.dealer, 10)
        self.unsent = self.ship(self.depot, self.dealer, 2)
        self.received = self.receive(self.dealer, self.sent, 2)
        self.returned = self.receive(self.dealer, self.sent, 2, Step.RETURN)
        self.lost = self.world.says(self.depot, Step.WRITE_OFF, BATCH, 1, ref=self.sent)
        assert not world.record(self.unsent, self.received, self.returned, self.lost).refused

    def part_of(self, step: Step, speaker: Member) -> dict[Whose, Member]:
        """Who takes which part in a step between the depot and the dealer."""
        closes = step in (Step.RECEIVE, Step.RETURN, Step.WRITE_OFF)
        return {Whose.SPEAKER: speaker, Whose.ADDRESSEE: self.dealer} | ({Whose.SENDER: self.depot} if closes else {})

    def made(self, step: Step) -> Said:
        inputs = [{"batch": self.spirit, "quantity": 1}] if step is not Step.HARVEST else []
        return self.world.says(self.brand, step, named(f"made by {step.name}"), 5, inputs=inputs)

    def coded(self) -> Said:
        return self.world.says(self.brand, Step.COMMISSION, self.spirit, units=named("codes"))


Make = Callable[[Stage], Said]
_SAID: dict[str, Make] = {
    **{step.name: lambda stage, step=step: stage.made(step) for step in (Step.HARVEST, Step.FERMENT, Step.BOTTLE)},
    "AGE": lambda stage: stage.world.says(stage.brand, Step.AGE, BATCH),
    "INSPECT": lambda stage: stage.world.says(stage.inspector, Step.INSPECT, BATCH),
    "COMMISSION": Stage.coded,
    "SHIP": lambda stage: stage.ship(stage.depot, stage.dealer, 1),
    "RECEIVE": lambda stage: stage.receive(stage.dealer, stage.sent, 1),
    "RETURN": lambda stage: stage.receive(stage.dealer, stage.sent, 1, Step.RETURN),
    "SELL": lambda stage: stage.world.says(stage.dealer, Step.SELL, BATCH, 1),
    "WRITE_OFF": lambda stage: stage.world.says(stage.dealer, Step.WRITE_OFF, BATCH, 1),
    "WRITE_OFF by the addressee": lambda stage: stage.world.says(
        stage.dealer, Step.WRITE_OFF, BATCH, 1, ref=stage.sent
    ),
    "WRITE_OFF by the sender": lambda stage: stage.world.says(stage.depot, Step.WRITE_OFF, BATCH, 1, ref=stage.sent),
    "RECALL": lambda stage: stage.world.says(stage.brand, Step.RECALL, BATCH),
    "voided SHIP": lambda stage: stage.world.voids(stage.unsent),
    "voided RECEIVE": lambda stage: stage.world.voids(stage.received),
    "voided RETURN": lambda stage: stage.world.voids(stage.returned),
    "voided WRITE_OFF": lambda stage: stage.world.voids(stage.lost),
}


@pytest.mark.parametrize("name", list(_SAID))
def test_the_contract_asks_for_the_standing_of_exactly_those_whom_the_table_names(world: World, name: str) -> None:
    stage = Stage(world)
    said = _SAID[name](stage)
    everybody = (stage.brand, stage.depot, stage.dealer, stage.rival, stage.store, stage.inspector)
    speaker = next(member for member in everybody if member.key == said.key)
    step = Step(said.capture["step"])
    whose = asked_for(BookStep(int(step)), declares=any(said.capture["voids"]))
    parts = stage.part_of(step, speaker)
    asked = {member.id for part, member in parts.items() if part in whose}
    if Whose.SENDER in whose or Whose.ADDRESSEE in whose:
        assert len(asked) == 2
    for member in everybody:
        world.set_standing(member, SUSPENDED)
        point = world.ask("evm_snapshot")["result"]
        answer = world.record(said)
        world.ask("evm_revert", point)
        world.set_standing(member, ACTIVE)
        refused = answer.refused.get(said.evidence)
        assert refused == (("PartyNotActive", (member.id, SUSPENDED)) if member.id in asked else None), member
    assert world.record(said).recorded == [said.evidence], "and with everybody active it is recorded"

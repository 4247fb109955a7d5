"""Random trades against a plain model: nothing appears, nothing vanishes, and both agree on every no."""

import random
from collections import Counter
from dataclasses import dataclass, field

import pytest

from tests.contract.world import BRAND, DEALER, PRODUCER, STORE, Member, Said, Step, World, named

pytestmark = pytest.mark.contract

MAKERS = BRAND | PRODUCER


@dataclass
class Model:
    """The ledger as the trade would tell it; quantities by (batch, party)."""

    roles: dict[bytes, int]
    born: Counter[bytes] = field(default_factory=Counter)
    held: Counter[tuple[bytes, bytes]] = field(default_factory=Counter)
    sold: Counter[bytes] = field(default_factory=Counter)
    lost: Counter[bytes] = field(default_factory=Counter)
    consumed: Counter[bytes] = field(default_factory=Counter)
    consignments: dict[bytes, list[bytes]] = field(default_factory=dict)
    open: Counter[bytes] = field(default_factory=Counter)
    recalled: set[bytes] = field(default_factory=set)
    stands: dict[bytes, tuple[bytes, Said]] = field(default_factory=dict)
    gone: set[bytes] = field(default_factory=set)
    voided: int = 0

    def say(self, who: bytes, said: Said) -> bool:
        """Apply a capture, or a declaration, if the trade allows it."""
        if said.capture["voids"] != bytes(32):
            return self._void(who, said)
        if self._happens(who, said):
            self.stands[said.evidence] = (who, said)
            return True
        return False

    def _void(self, who: bytes, declaration: Said) -> bool:
        """Undo what stands, if its party says the same again and nothing came after that stands on it."""
        by, said = self.stands.get(declaration.capture["voids"], (b"", declaration))
        same = {**declaration.capture, "evidence": said.evidence, "voids": bytes(32)} == said.capture
        step = Step(said.capture["step"])
        if by != who or not same or step in {Step.RECALL, Step.LIFT} or not self._undo(step, who, said):
            return False
        del self.stands[said.evidence]
        self.voided += 1
        return True

    def _undo(self, step: Step, who: bytes, said: Said) -> bool:
        batch, quantity, ref = (said.capture[name] for name in ("batch", "quantity", "ref"))
        if step == Step.SHIP:
            if self.open[said.evidence] != quantity:
                return False
            self.open[said.evidence] = 0
            self.held[batch, who] += quantity
        elif step in {Step.RECEIVE, Step.RETURN}:
            holder = who if step == Step.RECEIVE else self.consignments[ref][1]
            if ref in self.gone or self.held[batch, holder] < quantity:
                return False
            self.held[batch, holder] -= quantity
            self.open[ref] += quantity
        elif step in {Step.SELL, Step.WRITE_OFF}:
            (self.sold if step == Step.SELL else self.lost)[batch] -= quantity
            if ref != bytes(32):
                self.open[ref] += quantity
            else:
                self.held[batch, who] += quantity
        else:
            if self.held[batch, who] != self.born[batch]:
                return False
            self.held[batch, who] = 0
            del self.born[batch]
            self.gone |= {one for one, (of, *_) in self.consignments.items() if of == batch}
            for item in said.capture["inputs"]:
                self.held[item["batch"], who] += item["quantity"]
                self.consumed[item["batch"]] -= item["quantity"]
        return True

    def _happens(self, who: bytes, said: Said) -> bool:
        capture = said.capture
        batch, quantity, ref = capture["batch"], capture["quantity"], capture["ref"]
        step, role = Step(capture["step"]), self.roles[who]
        if step == Step.HARVEST:
            return self._bear(who, batch, quantity, [])
        if step == Step.BLEND:
            return self._bear(who, batch, quantity, capture["inputs"])
        turns = step in {Step.RECALL, Step.LIFT}
        if batch not in self.born or (turns and not role & BRAND):
            return False
        if step == Step.RECALL:
            return self._turn(batch, to=True)
        if step == Step.LIFT:
            return self._turn(batch, to=False)
        stopped = batch in self.recalled
        if step == Step.SHIP:
            to = capture["counterparty"]
            if (stopped and not self.roles[to] & MAKERS) or self.held[batch, who] < quantity:
                return False
            self.held[batch, who] -= quantity
            self.consignments[said.evidence] = [batch, who, to]
            self.open[said.evidence] = quantity
            return True
        if step in {Step.RECEIVE, Step.RETURN}:
            of, sender, addressee = self._consignment(ref)
            barred = step == Step.RECEIVE and stopped and not role & MAKERS
            if of != batch or addressee != who or barred or self.open[ref] < quantity:
                return False
            self.open[ref] -= quantity
            self.held[batch, who if step == Step.RECEIVE else sender] += quantity
            return True
        return self._dispose(step, who, batch, quantity, ref, stopped=stopped)

    def _bear(self, who: bytes, batch: bytes, quantity: int, inputs: list[dict[str, object]]) -> bool:
        asked: Counter[bytes] = Counter()
        for item in inputs:
            asked[item["batch"]] += item["quantity"]  # type: ignore[index, operator]
        enough = all(self.held[used, who] >= amount and used in self.born for used, amount in asked.items())
        if not self.roles[who] & MAKERS or batch in self.born or not enough or self.recalled & asked.keys():
            return False
        for used, amount in asked.items():
            self.held[used, who] -= amount
            self.consumed[used] += amount
        self.born[batch] = quantity
        self.held[batch, who] = quantity
        return True

    def _turn(self, batch: bytes, *, to: bool) -> bool:
        if (batch in self.recalled) == to:
            return False
        self.recalled ^= {batch}
        return True

    def _dispose(self, step: Step, who: bytes, batch: bytes, quantity: int, ref: bytes, *, stopped: bool) -> bool:
        role = self.roles[who]
        if step == Step.SELL:
            if stopped or not role & (DEALER | STORE) or self.held[batch, who] < quantity:
                return False
            self.held[batch, who] -= quantity
            self.sold[batch] += quantity
            return True
        if stopped and not role & MAKERS:
            return False
        if ref != bytes(32):
            of, *ends = self._consignment(ref)
            if of != batch or who not in ends or self.open[ref] < quantity:
                return False
            self.open[ref] -= quantity
        elif self.held[batch, who] < quantity:
            return False
        else:
            self.held[batch, who] -= quantity
        self.lost[batch] += quantity
        return True

    def _consignment(self, ref: bytes) -> list[bytes]:
        return [b"", b"", b""] if ref in self.gone else self.consignments.get(ref, [b"", b"", b""])

    def totals(self, batch: bytes) -> dict[str, int]:
        """As the ledger tells them."""
        return {
            "born": self.born[batch],
            "held": sum(amount for (of, _), amount in self.held.items() if of == batch),
            "inTransit": sum(self.open[one] for one, (of, *_) in self.consignments.items() if of == batch),
            "sold": self.sold[batch],
            "lost": self.lost[batch],
            "consumed": self.consumed[batch],
        }


def something(world: World, chance: random.Random, members: list[Member], batches: list[bytes], model: Model) -> Said:
    """Any capture or declaration, sensible more often than not."""
    births = chance.random() < 0.05
    lately = [each for each, (_, said) in model.stands.items() if births or said.capture["step"] != Step.HARVEST][-15:]
    if lately and chance.random() < 0.15:
        by, said = model.stands[chance.choice(lately)]
        key = next(member.key for member in members if member.id == by)
        other = chance.choice([{}, {}, {}, {}, {}, {"quantity": said.capture["quantity"] + 1}])
        return world.voids(said, by=key if chance.random() < 0.9 else chance.choice(members).key, **other)
    batch, quantity = chance.choice(batches), chance.randint(1, 60)
    holders = [member for member in members if model.held[batch, member.id]]
    who = chance.choice(holders if holders and chance.random() < 0.8 else members)
    step = chance.choice(
        [Step.HARVEST, Step.BLEND, *[Step.SHIP] * 4, *[Step.RECEIVE] * 4, Step.RETURN, *[Step.SELL] * 3, Step.WRITE_OFF]
        + ([Step.RECALL, Step.LIFT] if chance.random() < 0.15 else [Step.LIFT] * 2)
    )
    if step == Step.HARVEST:
        return world.says(who, step, batch, quantity * 50)
    if step == Step.BLEND:
        inputs = [{"batch": chance.choice(batches), "quantity": chance.randint(1, 30)} for _ in range(2)]
        output = named(f"blend {chance.randint(1, 30)}")
        return world.says(who, step, output, quantity, inputs=inputs)
    if step == Step.SHIP:
        return world.says(who, step, batch, quantity, counterparty=chance.choice(members).id)
    known = list(model.consignments)
    if known and (step in {Step.RECEIVE, Step.RETURN} or (step == Step.WRITE_OFF and chance.random() < 0.5)):
        ref = chance.choice(known[-20:])
        of, _, addressee = model.consignments[ref]
        if chance.random() < 0.8:
            who = next(member for member in members if member.id == addressee)
        return world.says(who, step, of if chance.random() < 0.9 else batch, min(quantity, 20), ref=ref)
    if step == Step.SELL:
        quantity = chance.randint(1, 8)
    return world.says(who, step, batch, quantity)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_whatever_is_said_nothing_appears_and_nothing_vanishes(world: World, seed: int) -> None:
    chance = random.Random(seed)
    roles = {"brand": BRAND, "distillery": PRODUCER, "dealer": DEALER, "rival": DEALER, "store": STORE}
    members = [world.enrol(name, role) for name, role in roles.items()]
    batches = [named(f"batch {number}") for number in range(6)]
    model = Model({member.id: role for member, role in zip(members, roles.values(), strict=True)})
    for _ in range(8):
        said = []
        for _ in range(100):
            one = something(world, chance, members, batches, model)
            who = next(member.id for member in members if member.key is one.key)
            said.append((one, model.say(who, one)))
        answer = world.record(*(one for one, _ in said))
        assert answer.recorded == [one.evidence for one, allowed in said if allowed], answer.refused
        assert len(answer.refused) == sum(not allowed for _, allowed in said)
        for batch in {*batches, *model.born}:
            totals = world.totals(batch)
            assert totals == model.totals(batch)
            assert totals["born"] == sum(amount for name, amount in totals.items() if name != "born")
            assert [world.held(batch, one) for one in members] == [model.held[batch, one.id] for one in members]
    assert len(model.consignments) > 20
    assert model.voided > 20
    assert min(model.sold.total(), model.lost.total(), model.consumed.total()) > 0

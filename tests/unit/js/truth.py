"""A bottle's way as our server proves it and as an honest node remembers it, made without either."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count, pairwise
from random import Random
from typing import Any

from backend.custody.unit_trail import ANCESTORS_MAX
from scanner.codes.run import make_run
from scanner.codes.serials import INNER_DOMAIN
from scanner.device import events
from scanner.device.capture import Step, capture_of
from scanner.device.events import At, Lot, Parties, case_uri
from scanner.device.names import batch_id, party_id
from scanner.device.reading import DEPTH_MAX
from scanner.evidence.proof import inclusion_path
from scanner.evidence.tree import Tree, leaf_hash
from scanner.gs1.check_digit import check_digit

LEDGER = "0x" + "ab" * 20
CHAIN = 20260


def _number(body: str) -> str:
    return body + check_digit(body)


MAKER, KEEPER, DEALER, STORE = (_number(f"69000000{n:04d}") for n in range(4))
WINE, SPIRIT, GRAIN = (_number(f"0690000{n:06d}") for n in range(3))


PALLET, CRATE = _number("36900000000000101"), _number("36900000000000102")
REGISTER, LOG = "0x" + "cd" * 20, "0x" + "ef" * 20
Said = list[tuple[str, dict[str, Any]]]
WAYS = (
    "plain", "pallet", "container", "repacked", "urn", "single", "blended", "returned", "broken", "spoiled", "lost",
    "deep", "many",
)  # fmt: skip


FORGED = {
    "a packing of other bottles": ("case", "the packing says nothing of this unit"),
    "a return of the other case, unnamed": ("case", "the return says nothing of this unit"),
    "a loss on the way of the other case, unnamed": ("case", "the write_off says nothing of this unit"),
    "a second receipt of one shipment": ("case", "the receive says nothing of this unit"),
    "a receipt of an older shipment": ("case", "the receive says nothing of this unit"),
    "a shipment of what is on its way": ("case", "the ship says nothing of this unit"),
    "a shipment of what was sold": ("case", "the ship says nothing of this unit"),
    "the last step twice": ("order", "it is step 4 once more"),
    "a way backwards": ("case", "the receive says nothing of this unit"),
    "hand-overs that change places": ("order", "it was recorded in block 11, before the step before it"),
    "packings that change places": ("order", "its leaf, 1, comes before that of the packing before it, 2"),
    "a packing told before the shipment that it followed": ("order", "by its signer's word it happened before"),
    "a pallet's packing told before the shipment that it followed": (
        "order",
        "its leaf, 0, comes before",
    ),
    "a shipment by who does not have it": ("gap", "it was handed over by party"),
}
"""Ways that no unit took, of true captures: what the phone calls each, and what `jiulian verify` says."""


REVOKED = {
    "a record before the revocation": ("receive", 0, 14, [], "holds"),
    "a record after the revocation": ("receive", 1, 11, ["device"], "the key was revoked in block 11, before the step"),
    "a packing under a head before the revocation": ("pack", 0, 41, [], "holds"),
    "a packing under a head after the revocation": ("pack", 0, 30, [], "not proved"),
}
"""Steps of the way on a pallet (what, which of these), the block in which their key is revoked, and what the phone and
`jiulian verify` say of it. The phone tells nobody who packed: so it has nothing to say of a packing's key."""


class _Way:
    """One way of one bottle, told event by event."""

    def __init__(self) -> None:
        self.run = make_run(WINE, "B1", 12, 6, "06901234", Random(7).randbytes, first_case=1)
        self.unit = self.run.units[4]
        self.day = iter(datetime(2025, 3, 1, 8, tzinfo=UTC) + timedelta(days=20 * n) for n in count())
        self.said: Said = []
        self.shipped: dict[str, int] = {}
        self.untold: set[bytes] = set()
        self.sent = b""

    def say(self, party: str, build: Any, *told: Any) -> dict[str, Any]:
        event: dict[str, Any] = build(At(next(self.day), party), *told)
        self.said.append((party, event))
        return event

    def made(self, used: Sequence[str] = ()) -> None:
        grain, spirit = Lot(GRAIN, "G1", 30_000, "KGM"), Lot(SPIRIT, "S1", 9_000, "LTR")
        wine = Lot(WINE, "B1", 12)
        self.say(MAKER, events.harvest, grain)
        self.say(MAKER, events.transformation, "distil", [grain], spirit)
        self.say(MAKER, events.age, spirit)
        bottling = events.transformation(At(next(self.day), MAKER), "bottle", [spirit], wine)
        self.said.append((MAKER, {**bottling, "inputEPCList": list(used)} if used else bottling))
        self.say(MAKER, events.commission, wine, self.run.root)

    def made_of_many(self) -> None:
        """Out of 213 batches, of which a proof tells the nearest: the earliest harvests are left out."""
        grains = [[Lot(GRAIN, f"G{k}-{n}", 1_000, "KGM") for n in range(52)] for k in range(4)]
        harvests = [self.say(MAKER, events.harvest, each) for several in grains for each in several]
        spirits = [Lot(SPIRIT, f"S{k}", 1_000, "LTR") for k in range(4)]
        for used, spirit in zip(grains, spirits, strict=True):
            self.say(MAKER, events.transformation, "distil", used, spirit)
        wine = Lot(WINE, "B1", 12)
        self.say(MAKER, events.transformation, "bottle", spirits, wine)
        self.say(MAKER, events.commission, wine, self.run.root)
        told = ANCESTORS_MAX - 1 - len(spirits)
        self.untold = {capture_of(each).evidence for each in harvests[:-told]}

    def send(self, sender: str, receiver: str, names: Sequence[str]) -> None:
        lot = Lot(WINE, "B1", 6)
        parties, at = Parties(sender, receiver), At(next(self.day), sender)
        shipment = events.ship(at, lot, parties, names, order="urn:jiulian:order:1")
        self.sent = capture_of(shipment).evidence
        self.said.append((sender, shipment))
        self.shipped[self.sent.hex()] = 0

    def move(
        self,
        sender: str,
        receiver: str,
        names: Sequence[str],
        back: Sequence[str] | None = None,
        received: Sequence[str] = (),
    ) -> None:
        self.send(sender, receiver, names)
        lot = Lot(WINE, "B1", 6)
        if back is not None:
            self.say(receiver, events.return_, lot, Parties(receiver, sender), self.sent, back)
        else:
            self.say(receiver, events.receive, lot, Parties(sender, receiver), self.sent, received)


def _write_off(at: At, names: Sequence[str], owners: Parties, consignment: bytes | None = None) -> dict[str, Any]:
    event = events.write_off(at, Lot(WINE, "B1", 1), names, consignment=consignment)
    named = events.ship(at, Lot(WINE, "B1", 1), owners, names)
    return event | {side: named[side] for side in ("sourceList", "destinationList")}


def _told(kind: str) -> _Way:
    way = _Way()
    if kind == "many":
        way.made_of_many()
    else:
        way.made([case_uri(CRATE)] if kind == "blended" else ())
    printed, pallet, crate = case_uri(way.unit.sscc), case_uri(PALLET), case_uri(CRATE)
    bottle = events.item_uri(WINE, way.unit.serial)
    sscc = way.unit.sscc
    if kind == "pallet":
        way.say(MAKER, events.pack, PALLET, [printed])
        way.move(MAKER, KEEPER, [pallet])
        way.say(KEEPER, events.unpack, PALLET)
        way.move(KEEPER, DEALER, [printed])
    elif kind == "container":  # the pallet stood in its container before the case came onto it
        way.say(MAKER, events.pack, CRATE, [pallet])
        way.say(MAKER, events.pack, PALLET, [printed])
        way.move(MAKER, KEEPER, [crate])
    elif kind == "repacked":
        way.say(MAKER, events.unpack, sscc, [bottle])
        way.say(MAKER, events.pack, CRATE, [bottle])
        way.move(MAKER, KEEPER, [crate])
    elif kind == "urn":
        way.move(MAKER, KEEPER, [f"urn:epc:id:sscc:{sscc[1:8]}.{sscc[0]}{sscc[8:17]}"])
    elif kind == "single":
        way.move(MAKER, KEEPER, [bottle])
    elif kind == "returned":
        way.move(MAKER, KEEPER, [printed], [printed])
        way.move(MAKER, DEALER, [printed])
    elif kind == "broken":  # at the keeper's own place: no shipment is closed by it
        way.move(MAKER, KEEPER, [printed])
        way.say(KEEPER, events.write_off, Lot(WINE, "B1", 1), [bottle])
    elif kind == "spoiled":  # the same, by a system that names owners wherever it can
        way.move(MAKER, KEEPER, [printed])
        way.say(KEEPER, _write_off, [bottle], Parties(KEEPER, DEALER))
    elif kind == "lost":  # on the way, by who sent it
        shipment = way.say(MAKER, events.ship, Lot(WINE, "B1", 1), Parties(MAKER, KEEPER), [bottle])
        sent = capture_of(shipment).evidence
        way.shipped[sent.hex()] = 0
        way.say(MAKER, _write_off, [bottle], Parties(MAKER, KEEPER), sent)
    elif kind == "deep":
        around = [_number(f"3690000000000{n:04d}") for n in range(200, 200 + DEPTH_MAX - 1)]
        for inner, outer in pairwise([sscc, *around]):
            way.say(MAKER, events.pack, outer, [case_uri(inner)])
        way.move(MAKER, KEEPER, [case_uri(around[-1])])
    else:
        for sender, receiver in ((MAKER, KEEPER), (KEEPER, DEALER), (DEALER, STORE)):
            way.move(sender, receiver, [printed])
    return way


def _forged(kind: str) -> tuple[_Way, list[int]]:
    """A forged way, and the order in which it is told; on chain it stands in that of `said`."""
    way = _Way()
    way.made()
    printed, pallet, crate = case_uri(way.unit.sscc), case_uri(PALLET), case_uri(CRATE)
    other = next(each for each in way.run.cases if each.sscc != way.unit.sscc)
    lot, order = Lot(WINE, "B1", 6), None
    back = Parties(KEEPER, MAKER)
    if kind == "a packing of other bottles":
        way.move(MAKER, KEEPER, [printed])
        way.say(KEEPER, events.pack, CRATE, [case_uri(other.sscc)])
    elif kind == "a return of the other case, unnamed":
        way.move(MAKER, KEEPER, [printed, case_uri(other.sscc)], received=[printed])
        way.say(KEEPER, events.return_, lot, back, way.sent)
    elif kind == "a loss on the way of the other case, unnamed":
        way.move(MAKER, KEEPER, [printed, case_uri(other.sscc)], received=[printed])
        lost = events.write_off(At(next(way.day), KEEPER), lot, consignment=way.sent)
        way.said.append((KEEPER, lost))
    elif kind == "a second receipt of one shipment":
        way.move(MAKER, KEEPER, [printed, case_uri(other.sscc)], received=[printed])
        way.say(KEEPER, events.receive, lot, Parties(MAKER, KEEPER), way.sent)
    elif kind == "a receipt of an older shipment":
        way.move(MAKER, KEEPER, [printed, case_uri(other.sscc)], received=[printed])
        older = way.sent
        way.send(KEEPER, DEALER, [printed])
        way.say(KEEPER, events.receive, lot, Parties(MAKER, KEEPER), older)
    elif kind == "a shipment of what is on its way":
        way.send(MAKER, KEEPER, [printed])
        way.move(MAKER, DEALER, [printed])
    elif kind == "a shipment of what was sold":
        way.move(MAKER, KEEPER, [printed])
        way.say(KEEPER, events.sell, lot, [printed])
        way.move(KEEPER, DEALER, [printed])
    elif kind in ("the last step twice", "a way backwards"):
        way.move(MAKER, KEEPER, [printed])
        order = [0, 1, 2, 3, 4, 5, 6, 6] if kind == "the last step twice" else [0, 1, 2, 3, 4, 6, 5]
    elif kind == "hand-overs that change places":
        way.move(MAKER, KEEPER, [printed])
        way.move(KEEPER, MAKER, [printed])
        way.move(MAKER, KEEPER, [printed])
        order = [0, 1, 2, 3, 4, 9, 10, 7, 8, 5, 6]
    elif kind == "packings that change places":
        for number in (PALLET, PALLET, CRATE):
            way.say(MAKER, events.pack if way.said[-1][1].get("action") != "ADD" else events.unpack, number, [printed])
        order = [0, 1, 2, 3, 4, 7, 6, 5]
    elif kind == "a packing told before the shipment that it followed":
        way.move(MAKER, KEEPER, [crate])
        way.say(MAKER, events.pack, CRATE, [printed])
        order = [0, 1, 2, 3, 4, 7, 5, 6]
    elif kind == "a pallet's packing told before the shipment that it followed":
        way.say(MAKER, events.pack, PALLET, [printed])
        way.move(MAKER, KEEPER, [crate])
        way.say(MAKER, events.pack, CRATE, [pallet])
        order = [0, 1, 2, 3, 4, 8, 5, 6, 7]
    elif kind == "a shipment by who does not have it":
        way.move(MAKER, KEEPER, [printed])
        way.move(DEALER, STORE, [printed])
    return way, order or list(range(len(way.said)))


def told_truth(kind: str = "plain") -> dict[str, Any]:
    """`proof` as our server gives it, `page` as the page states it, `records` of an honest chain."""
    way, order = _forged(kind) if kind in FORGED else (_told(kind), None)
    run, unit = way.run, way.unit
    captures = [(party, event, capture_of(event)) for party, event in way.said]
    leaves = [c.evidence for _, _, c in captures if c.step is Step.NONE] + [bytes([n]) * 32 for n in range(3)]
    log = Tree(leaf_hash(each) for each in leaves)
    history = []
    for index, (party, event, capture) in enumerate(captures):
        if capture.evidence in way.untold:
            continue
        key = {"device": _device(party), "enrolled": 2, "revoked": None}
        entry = {
            "evidence": capture.evidence.hex(),
            "step": capture.step.name.lower(),
            "event": event,
            "state": "final",
        }
        history.append({**entry, **key, "block": 10 + index // 4})
        if capture.step is Step.NONE:
            at = leaves.index(capture.evidence)
            path = [each.hex() for each in inclusion_path(at, len(leaves), log.node)]
            history[-1] |= {
                "step": {"ADD": "pack", "DELETE": "unpack"}[event["action"]],
                "block": 40,
                "leaf": {"index": at, "size": len(leaves), "path": path},
            }
    if order is not None:
        history = [history[at] for at in order]
    named = {"gtin": WINE, "batch": "B1", "serial": unit.serial}
    return {
        "page": {
            **named, "chain": str(CHAIN), "ledger": LEDGER, "register": REGISTER, "log": LOG, "verdict": "matches",
        },
        "proof": {
            "unit": {**named, "sscc": unit.sscc, "inner": _inner_hash(unit.inner)},
            "index": unit.index,
            "size": len(run.units),
            "path": [each.hex() for each in inclusion_path(unit.index, len(run.units), run.tree.node)],
            "root": run.root.hex(),
            "goes_further_back": bool(way.untold),
            "history": history,
            "chain": {"id": CHAIN, "ledger": LEDGER, "participants": REGISTER, "evidence_log": LOG},
        },
        "chain": {
            "id": CHAIN,
            "batch": batch_id(WINE, "B1").hex(),
            "unitsRoot": run.root.hex(),
            "open": way.shipped,
            "records": [
                _record(party, capture, 10 + i // 4)
                for i, (party, _, capture) in enumerate(captures)
                if capture.step is not Step.NONE
            ],
            "keys": [_key(each) for each in (MAKER, KEEPER, DEALER, STORE)],
            "heads": [{"block": 40, "size": len(leaves), "root": log.root().hex()}],
        },
    }  # fmt: skip


def _key(party: str) -> dict[str, Any]:
    return {"device": _device(party), "party": party_id(party).hex(), "block": 2}


def _device(party: str) -> str:
    return sha256(b"device of " + party.encode()).hexdigest()


def _inner_hash(inner: str) -> str:
    return sha256(INNER_DOMAIN + inner.encode()).hexdigest()


def _record(party: str, capture: Any, block: int) -> dict[str, Any]:
    fields = {
        name: value.hex() if isinstance(value, bytes) else value
        for name, value in asdict(capture).items()
        if name != "inputs"
    }
    inputs = [[each.batch.hex(), each.quantity] for each in capture.inputs]
    return {
        **fields,
        "step": int(capture.step),
        "party": party_id(party).hex(),
        "device": _device(party),
        "block": block,
        "inputs": inputs,
    }

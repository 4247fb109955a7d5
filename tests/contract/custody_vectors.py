"""Players of `tests/vectors/custody`: one table of steps, told to contract and service with the same signatures.

A step: `who` takes `step` on a `batch`; `to`, `from` name the other party; `of` the consignment (the `id` of its
shipment); `inputs` what is used up; `units` the units named; `refused` the contract's word for saying no.
Batches G are grain in grams, S spirit in millilitres, B bottles. `after` is what must be so when all is played.
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy.orm import Session
from web3.logs import DISCARD

from backend.capabilities import REACTIONS
from backend.capture import service as capture
from backend.capture.rules import BatchKey
from backend.catalog import service as catalog
from backend.custody import service as custody
from backend.errors import JiulianError
from backend.identity import keys
from backend.identity import service as identity
from backend.identity.rules import PARTY_ROLES, Party
from backend.identity.store import set_standing
from backend.stock.rules import effect
from ledger_indexer.rows import balance_changes
from ledger_indexer.rows.movements import opposite
from scanner.codes.run import CodeRun, make_run
from scanner.device import events, signing
from scanner.device.capture import Capture, capture_of
from scanner.device.events import At, Lot, Parties
from scanner.device.names import batch_id, party_id
from scanner.device.session import message_of
from scanner.evidence import tree
from tests.contract.world import Key, World, account_key
from tests.kit.people import GRAIN, LIQUOR, PRODUCT, SPIRIT, gln, join, key, signer, sscc

FOLDER = Path(__file__).resolve().parents[1] / "vectors" / "custody"
Step = dict[str, Any]
STANDINGS = {"active": 1, "suspended": 2, "revoked": 3}
ROLES = {
    "brand": ("brand", "producer"),
    "maker": ("producer",),
    "warehouse": ("warehouse",),
    "dealer": ("dealer",),
    "rival": ("dealer",),
    "store": ("store",),
    "inspector": ("inspector",),
    "mill shop": ("producer", "store"),
}
GLNS = {name: gln(100 + number) for number, name in enumerate([*ROLES, "stranger"])}
PLACES = ("born", "held", "in_transit", "sold", "lost", "consumed")


def cases() -> list[tuple[str, Step]]:
    """All tables, by file and name."""
    files = [path for path in sorted(FOLDER.glob("*.json")) if path.stem != "refusals"]
    return [(f"{path.stem}: {case['name']}", case) for path in files for case in json.loads(path.read_text())]


def refusals() -> tuple[dict[str, str], dict[str, str]]:
    """The contract's words with the service's, and those that no event can lead to, with the reason."""
    loaded = json.loads((FOLDER / "refusals.json").read_text())
    return loaded["words"], loaded["unreached"]


def key_of(batch: str) -> BatchKey:
    """A batch of the tables as the books know it."""
    return BatchKey({"G": GRAIN, "S": SPIRIT, "B": LIQUOR}[batch[0]], batch)


def lot_of(batch: str, quantity: int) -> Lot:
    """So much of it."""
    return Lot(key_of(batch).gtin, batch, quantity, {"G": "KGM", "S": "LTR", "B": None}[batch[0]])


def units_of(names: list[str]) -> list[str]:
    """EPCs of the units that a table names."""
    return [events.case_uri(sscc(900 + int(name[1:]))) for name in names]


@dataclass
class Signed:
    """A step as its device says it."""

    event: dict[str, Any]
    capture: Capture
    signer: bytes
    signature: bytes

    @property
    def for_contract(self) -> tuple[Any, ...]:
        """As the ledger takes it."""
        c = self.capture
        inputs = [(each.batch, each.quantity) for each in c.inputs]
        told = (c.evidence, c.batch, int(c.step), c.quantity, c.counterparty, c.location, c.time, c.units, c.ref)
        return (*told, c.voids, inputs), self.signer, self.signature

    @property
    def message(self) -> object:
        """As it is posted."""
        return capture.load(message_of(self.event, self.signer, self.signature).encode())


def _signed(secret: bytes, digest: bytes) -> bytes:
    return signing.sign_digest(digest, secret)


@dataclass
class Play:
    """One table, played through the contract and the service side by side."""

    world: World
    session: Session
    told: dict[str, Signed] = field(default_factory=dict)
    seen: list[Signed] = field(default_factory=list)
    captures: list[tuple[Any, ...]] = field(default_factory=list)
    inputs: list[tuple[Any, ...]] = field(default_factory=list)
    runs: dict[str, CodeRun] = field(default_factory=dict)
    count: int = 0

    def __post_init__(self) -> None:
        self.now = datetime.fromtimestamp(self.world.now(), UTC)
        enrol = self.world.participants.functions
        for name, roles in ROLES.items():
            party = Party(GLNS[name], name, frozenset(roles), "510100")
            identity.enrol_party(self.session, party, now=self.now)
            join(self.session, party.gln, key(name), now=self.now)
            bits = sum(PARTY_ROLES[role] for role in roles)
            self.world.send(
                enrol.enrolParty(party_id(party.gln), bits, sha256(b"510100").digest()), self.world.enroller
            )
            code, device = account_key(f"code of {name}"), Key(signer(name), partial(_signed, key(name)))
            self.world.send(enrol.invite(party_id(party.gln), code.address), self.world.enroller)
            self.world.send(self.world.redeem(party_id(party.gln), device, code), self.world.relayer)

    @cached_property
    def domain(self) -> signing.Domain:
        """Where the signatures count."""
        return signing.Domain(self.world.w3.eth.chain_id, bytes.fromhex(self.world.ledger.address[2:]))

    def take(self, step: Step) -> tuple[str | None, str | None]:
        """Play one step; how the contract and how the service refuse it, each None when it does not."""
        if "set" in step:
            self._set(step["who"], step["set"])
            return None, None
        signed = self.told[step["repeat"]] if "repeat" in step else self._sign(step)
        if "id" in step:
            self.told[step["id"]] = signed
        return self._by_contract(signed), self._by_service(signed)

    def _set(self, who: str, what: str) -> None:
        participants = self.world.participants.functions
        if what == "device revoked":
            keys.revoke(self.session, signer(who), now=self.now)
            self.world.send(participants.revokeDevice(signer(who)), self.world.enroller)
            return
        set_standing(self.session, GLNS[who], what)
        self.world.send(participants.setStanding(party_id(GLNS[who]), STANDINGS[what]), self.world.sanctioner)

    def _sign(self, step: Step) -> Signed:
        self.count += 1
        moment = self.now - timedelta(minutes=200 - self.count) + timedelta(seconds=step.get("ahead", 0) and 18_000)
        event = self._event(step, At(moment, GLNS[step["who"]]))
        said = capture_of(event)
        by = step["who"]
        return Signed(event, said, signer(by), signing.sign(said, key(step.get("signed_by", by)), self.domain))

    def _event(self, step: Step, at: At) -> dict[str, Any]:
        if "void" in step:
            wrong = self.told[step["void"]].event if step["void"] in self.told else _unheard(step, at)
            return events.declared_wrong(wrong, at.time)
        kind, who, lot = step["step"], step["who"], lot_of(step["batch"], step["quantity"])
        units = units_of(step.get("units", []))
        if kind in ("ferment", "distil", "blend", "bottle"):
            inputs = [lot_of(batch, quantity) for batch, quantity in step.get("inputs", [])]
            return events.transformation(at, kind, inputs, lot)
        if kind == "commission":
            return events.commission(at, lot, self._root_of(step))
        if kind == "ship":
            return events.ship(at, lot, Parties(GLNS[who], GLNS[step["to"]]), units, order=step.get("order"))
        if kind == "receive":
            return events.receive(at, lot, Parties(GLNS[step["from"]], GLNS[who]), self._of(step), units)
        if kind == "return":
            back = events.return_(at, lot, Parties(GLNS[who], GLNS[step["to"] or who]), self._of(step), units)
            return back if step["to"] else {name: said for name, said in back.items() if name != "destinationList"}
        if kind == "write_off":
            return events.write_off(at, lot, units, consignment=self._of(step) if "of" in step else None)
        if kind in ("recall", "lift", "sell"):
            build: Any = {"recall": events.recall, "lift": events.lift, "sell": events.sell}[kind]
            built: dict[str, Any] = build(at, lot, units)
            return built | (_about(self._of(step)) if "of" in step else {})
        return {"harvest": events.harvest, "age": events.age, "inspect": events.inspect}[kind](at, lot)

    def _root_of(self, step: Step) -> bytes:
        """The root of a code run, which is made before its commissioning is taken; zero for none."""
        name = step["root"]
        if not name:
            return bytes(32)
        if name not in self.runs:
            first = 10_000 + 10 * len(self.runs)
            self.runs[name] = make_run(
                LIQUOR, step["batch"], 6, 6, "06900000", Random(name).randbytes, first_case=first
            )
        if "refused" not in step:
            catalog.add_product(self.session, PRODUCT, now=self.now)
            catalog.add_code_run(self.session, self.runs[name], now=self.now)
        return self.runs[name].root

    def _of(self, step: Step) -> bytes:
        of = step["of"]
        return self.told[of].capture.evidence if of in self.told else sha256(str(of).encode()).digest()

    def _by_contract(self, signed: Signed) -> str | None:
        receipt = self.world.send(self.world.ledger.functions.record([signed.for_contract]), self.world.relayer)
        assert receipt["status"] == 1
        logs = self.world.ledger.events
        refused = logs.CaptureRefused().process_receipt(receipt, errors=DISCARD)
        self.captures += [_captured(log) for log in logs.Captured().process_receipt(receipt, errors=DISCARD)]
        self.inputs += [_used(log) for log in logs.InputConsumed().process_receipt(receipt, errors=DISCARD)]
        for log in logs.CaptureVoided().process_receipt(receipt, errors=DISCARD):
            self.captures.append(opposite(_declared(log)))
            given_back = logs.InputRestored().process_receipt(receipt, errors=DISCARD)
            self.inputs += [_restored(each, log["args"]["voids"]) for each in given_back]
        return self.world.error(bytes(refused[0]["args"]["reason"]))[0] if refused else None

    def _by_service(self, signed: Signed) -> str | None:
        try:
            with self.session.begin_nested():
                receipt = capture.submit(
                    self.session, signed.message, domain=self.domain, now=self.now, reactions=REACTIONS
                )
        except JiulianError as error:
            return error.kind
        return None if receipt.fresh else "the same receipt"

    # What is so afterwards, in the shape of the tables

    def by_contract(self, after: Step) -> Step:
        """What the contract says."""
        ledger = self.world.ledger.functions
        ids = {batch: batch_id(*_pair(batch)) for batch in after["accounts"]}
        totals = {batch: self.world.totals(of) for batch, of in ids.items()}
        return {
            "accounts": {b: {p: t["inTransit" if p == "in_transit" else p] for p in PLACES} for b, t in totals.items()},
            "held": {
                b: _some({name: ledger.held(of, party_id(gln_)).call() for name, gln_ in GLNS.items()})
                for b, of in ids.items()
            },
            "open": {name: self.world.open(self.told[name].capture.evidence) for name in after["open"]},
            "recalled": [batch for batch, of in ids.items() if ledger.recalled(of).call()],
            "recalled_units": [
                [batch, units, count]
                for batch, of in ids.items()
                for units in self._unit_sets()
                if (count := ledger.recalledUnits(of, _root(units)).call())
            ],
        }

    def by_service(self, after: Step) -> Step:
        """What the books say."""
        accounts = {each.batch.batch: each for each in custody.list_accounts(self.session)}
        names = {gln_: name for name, gln_ in GLNS.items()}
        consigned = {
            name: custody.find_consignment(self.session, self.told[name].capture.evidence) for name in after["open"]
        }
        held: dict[str, dict[str, int]] = {batch: {} for batch in after["accounts"]}
        for each in custody.list_holdings(self.session):
            held[each.batch.batch][names[each.party]] = each.held
        return {
            "accounts": {
                b: {p: getattr(accounts[b], p) if b in accounts else 0 for p in PLACES} for b in after["accounts"]
            },
            "held": held,
            "open": {name: each.open if each else None for name, each in consigned.items()},
            "recalled": [batch for batch in after["accounts"] if batch in accounts and accounts[batch].recalled],
            "recalled_units": [
                [each.batch.batch, units, each.quantity]
                for units in self._unit_sets()
                for each in custody.list_recalled_units(self.session)
                if each.root == _root(units) and sorted(each.epcs) == units_of(units)
            ],
        }

    def by_mirror(self, after: Step) -> Step:
        """What the mirror's fold makes of the contract's logs; recalls are no balances and stay out."""
        changes = balance_changes.fold(self.captures, self.inputs)
        balance_changes.send_back(changes, {})
        parties = {party_id(gln_): name for name, gln_ in GLNS.items()}
        ids = {batch: batch_id(*_pair(batch)) for batch in after["accounts"]}
        parcels = {name: changes.consignments[self.told[name].capture.evidence] for name in after["open"]}
        return {
            "accounts": {b: {p: getattr(changes.account(of), p) for p in PLACES} for b, of in ids.items()},
            "held": {
                b: _some({parties[party]: n for (batch, party), n in changes.holdings.items() if batch == of})
                for b, of in ids.items()
            },
            "open": {n: p.shipped - p.received - p.returned - p.lost for n, p in parcels.items()},
        }

    def by_stock(self, after: Step) -> Step:
        """What each party holds, by the effects of its movements."""
        return {
            "held": {
                batch: _some(
                    {
                        name: sum(
                            effect(line, said, gln_)
                            for line, said in custody.list_movements(self.session, keys=[key_of(batch)])
                        )
                        for name, gln_ in GLNS.items()
                    }
                )
                for batch in after["accounts"]
            }
        }

    def _unit_sets(self) -> list[list[str]]:
        return [["c1"], ["c2"], ["c2", "c3"]]


def _pair(batch: str) -> tuple[str, str]:
    return key_of(batch).gtin, batch


def _root(units: list[str]) -> bytes:
    return tree.root(epc.encode() for epc in units_of(units))


def _some(held: dict[str, int]) -> dict[str, int]:
    return {name: quantity for name, quantity in held.items() if quantity}


def _place(log: Any) -> tuple[Any, ...]:
    return log["blockNumber"], log["logIndex"], bytes(log["transactionHash"]), 0


def _unheard(step: Step, at: At) -> dict[str, Any]:
    """An event that nobody captured."""
    return events.sell(at, lot_of(step["batch"], step["quantity"]))


def _about(consignment: bytes) -> dict[str, Any]:
    """The shipment that an event refers to."""
    return {"bizTransactionList": [{"type": "desadv", "bizTransaction": events.evidence_uri(consignment)}]}


def _declared(log: Any) -> tuple[Any, ...]:
    args = log["args"]
    names = ("evidence", "batch", "party", "voids", "step", "quantity", "counterparty", "location", "time", "ref")
    return (0, 0, b"", 0, *(args[name] for name in names), args["device"])


def _restored(log: Any, voids: bytes) -> tuple[Any, ...]:
    return (0, 0, b"", 0, voids, log["args"]["batch"], -log["args"]["quantity"])


def _captured(log: Any) -> tuple[Any, ...]:
    names = (
        "evidence",
        "batch",
        "party",
        "step",
        "quantity",
        "counterparty",
        "location",
        "time",
        "units",
        "ref",
        "device",
    )
    return (*_place(log), *(log["args"][name] for name in names))


def _used(log: Any) -> tuple[Any, ...]:
    return (*_place(log), *(log["args"][name] for name in ("evidence", "batch", "quantity")))

"""Builders of the trade for tests. Keywords say what matters; everything else is sensible."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from random import Random
from typing import Any

from sqlalchemy.orm import Session

from backend.capabilities import REACTIONS
from backend.capture import service as capture
from backend.capture.rules import Accepted, Receipt
from backend.catalog import service as catalog
from backend.catalog.rules import Product
from backend.identity import keys
from backend.identity import service as identity
from backend.identity.rules import Party
from backend.identity.rules_keys import Joining, Register
from ledger_indexer.bindings.deployments import Deployment
from ledger_indexer.bindings.verifier import p256_verifier
from scanner.codes.run import CodeRun, make_run
from scanner.device import events, joining, session, signing
from scanner.device.capture import captured
from scanner.device.events import At, Lot, Parties
from scanner.device.reading import read
from scanner.epcis.canonical import evidence
from scanner.gs1.check_digit import check_digit

NOW = datetime(2026, 3, 18, 4, 0, tzinfo=UTC)
DOMAIN = signing.Domain(20260, bytes.fromhex("5fbdb2315678afecb367f032d93f642f64180aa3"))
REGISTER = Register(signing.Domain(20260, bytes.fromhex("e7f1725e7734ce288f8367e1bb143e90bb3f0512")), p256_verifier())


def gln(number: int) -> str:
    """A valid GLN of its own for each number."""
    body = f"6900000{number:05d}"
    return body + check_digit(body)


def gtin(number: int) -> str:
    """A valid GTIN-14 of its own for each number."""
    body = f"0690000{number:06d}"
    return body + check_digit(body)


def sscc(number: int) -> str:
    """A valid SSCC of its own for each number."""
    body = f"069000000{number:08d}"
    return body + check_digit(body)


BRAND, WAREHOUSE, DEALER, OTHER_DEALER, STORE, OUTSIDER = (gln(n) for n in range(1, 7))
GRAIN, SPIRIT, LIQUOR = (gtin(n) for n in range(1, 4))
PRODUCT = Product(LIQUOR, "云岭陈酿", "Yunling Aged", 500, 520, 6)
ROLES = {
    BRAND: ("brand", "producer"),
    WAREHOUSE: ("warehouse",),
    DEALER: ("dealer",),
    OTHER_DEALER: ("dealer",),
    STORE: ("store",),
}


def key(of: str) -> bytes:
    """The private key of a party's device."""
    return sha256(f"device of {of}".encode()).digest()


def signer(of: str) -> bytes:
    """The signer (address) of a party's device."""
    return signing.address_of(key(of))


def join(
    db: Session,
    gln_: str,
    device_key: bytes,
    *,
    label: str = "handheld",
    now: datetime = NOW,
    register: Register = REGISTER,
) -> None:
    """A party's first device joins with the code that the brand hands over; a witness's simply is there."""
    if not identity.get_party(db, gln_).roles:
        keys.enrol_witness(db, signing.address_of(device_key), gln_, label, now=now)
        return
    if identity.find_device(db, signing.address_of(device_key)) is not None:
        return
    code = joining.new_code(Random(gln_).randbytes)
    keys.invite(db, gln_, signing.address_of(joining.key_of_code(code)), now=now)
    said = joining.redemption(gln_, device_key, label, code, register.domain)
    keys.redeem(db, gln_, joins(said), bytes.fromhex(said["signature"][2:]), register, now=now)


def admit(
    db: Session, gln_: str, device_key: bytes, *, by: bytes, now: datetime = NOW, register: Register = REGISTER
) -> None:
    """A device of a party admits another one."""
    said = joining.admission(gln_, device_key, "another", by, register.domain)
    signature = bytes.fromhex(said["signature"][2:])
    keys.admit(db, joins(said), signing.address_of(by), signature, register, now=now)


def propose(db: Session, gln_: str, device_key: bytes, *, now: datetime = NOW, register: Register = REGISTER) -> None:
    """The brand proposes a device."""
    keys.propose(db, gln_, joins(joining.proposal(gln_, device_key, "new", register.domain)), register, now=now)


def revoke_by(
    db: Session, gln_: str, of: bytes, *, by: bytes, now: datetime = NOW, register: Register = REGISTER
) -> None:
    """A device of a party revokes the device `of` (a signer)."""
    said = joining.revocation(gln_, of, by, register.domain)
    signature = bytes.fromhex(said["signature"][2:])
    keys.revoke_by_device(db, of, signing.address_of(by), signature, register, now=now)


def joins(said: dict[str, str]) -> Joining:
    """A posted device as the service takes it."""
    return Joining(bytes.fromhex(said["signer"][2:]), said["label"], bytes.fromhex(said["possession"][2:]))


def register_of(deployment: Deployment) -> Register:
    """Where statements about keys count on a real chain."""
    return Register(signing.Domain(deployment.chain_id, bytes.fromhex(deployment.participants[2:])), p256_verifier())


def enrol(
    db: Session,
    *glns: str,
    roles: Sequence[str] | None = None,
    now: datetime = NOW,
    register: Register = REGISTER,
) -> None:
    """Enrol parties with one device each; all parties of the usual company when none is named."""
    for each in glns or tuple(ROLES):
        allowed = ROLES.get(each, ()) if roles is None else roles
        identity.enrol_party(db, Party(each, f"party {each}", frozenset(allowed), "510100"), now=now)
        join(db, each, key(each), now=now, register=register)


def accepted(event: dict[str, Any], party: str = BRAND, now: datetime = NOW) -> Accepted:
    """What capture hands to the reactions for an event of a party; signed by nobody."""
    reading = read(event)
    capture = captured(evidence(event), reading)
    return Accepted(capture.evidence, event, reading, capture, bytes(20), bytes(65), party, now)


def message(event: dict[str, Any], *, by: str, domain: signing.Domain = DOMAIN) -> dict[str, Any]:
    """An event, signed by a party's device, as it is posted."""
    loaded: dict[str, Any] = json.loads(session.signed_message(event, key(by), domain)[1])
    return loaded


@dataclass
class Trade:
    """A little company at work: every method is one capture through the front door of `capture.service`.

    Each happens an hour after the one before and is told at once. `submit` gives the receipt; the others the evidence.
    """

    db: Session
    at: datetime = NOW - timedelta(days=300)
    domain: signing.Domain = DOMAIN
    told_at: datetime | None = None
    """When all of it is taken; None: as it happens."""

    def submit(self, event: dict[str, Any], *, by: str) -> Receipt:
        """Sign and hand in any event."""
        signed = message(event, by=by, domain=self.domain)
        return capture.submit(self.db, signed, domain=self.domain, now=self.told_at or self.at, reactions=REACTIONS)

    def place(self, gln_: str) -> At:
        """The next hour, at a party's place."""
        self.at += timedelta(hours=1)
        return At(self.at, gln_)

    def harvest(self, batch: str = "G1", quantity: int = 1_000_000, *, gtin: str = GRAIN, by: str = BRAND) -> bytes:
        """Bear a lot of grain, in grams."""
        return self.submit(events.harvest(self.place(by), Lot(gtin, batch, quantity, "KGM")), by=by).evidence

    def make(self, step: str, inputs: Sequence[Lot], output: Lot, *, by: str = BRAND) -> bytes:
        """Ferment, distil, blend or bottle."""
        return self.submit(events.transformation(self.place(by), step, inputs, output), by=by).evidence

    def bottle(self, batch: str = "B1", quantity: int = 100, *, by: str = BRAND) -> bytes:
        """Grain, spirit and bottles of one batch, the short way."""
        self.harvest(f"G-{batch}", by=by)
        spirit = Lot(SPIRIT, f"S-{batch}", 1_000_000, "LTR")
        self.make("distil", [Lot(GRAIN, f"G-{batch}", 1_000_000, "KGM")], spirit, by=by)
        return self.make("bottle", [spirit], Lot(LIQUOR, batch, quantity), by=by)

    def codes(self, batch: str = "B1", quantity: int = 100, *, case_size: int = 6, by: str = BRAND) -> CodeRun:
        """Codes for a batch, in force; the batch is bottled already."""
        if catalog.find_product(self.db, LIQUOR) is None:
            catalog.add_product(self.db, PRODUCT, now=self.at)
        first_case = 100_000_000 + 100_000 * Random(batch).randrange(8_000)  # a batch's cases are its own
        run = make_run(LIQUOR, batch, quantity, case_size, "06900000", Random(batch).randbytes, first_case=first_case)
        catalog.add_code_run(self.db, run, now=self.at)
        self.submit(events.commission(self.place(by), Lot(LIQUOR, batch, quantity), run.root), by=by)
        return run

    def pack(self, into: str, epcs: Sequence[str], *, by: str = BRAND) -> bytes:
        """Put units into a case (SSCC)."""
        return self.submit(events.pack(self.place(by), into, epcs), by=by).evidence

    def unpack(self, out_of: str, epcs: Sequence[str] = (), *, by: str = BRAND) -> bytes:
        """Take units out of a case, all when none is named."""
        return self.submit(events.unpack(self.place(by), out_of, epcs), by=by).evidence

    def sell(self, quantity: int, *, by: str, batch: str = "B1", epcs: Sequence[str] = ()) -> bytes:
        """Bottles go over the counter."""
        return self.submit(events.sell(self.place(by), Lot(LIQUOR, batch, quantity), epcs), by=by).evidence

    def ship(
        self, quantity: int, *, to: str, by: str = BRAND, batch: str = "B1", epcs: Sequence[str] = (), order: str = ""
    ) -> bytes:
        """Send bottles."""
        event = events.ship(self.place(by), Lot(LIQUOR, batch, quantity), Parties(by, to), epcs, order=order or None)
        return self.submit(event, by=by).evidence

    def receive(
        self,
        quantity: int,
        consignment: bytes,
        *,
        by: str,
        frm: str = BRAND,
        batch: str = "B1",
        epcs: Sequence[str] = (),
    ) -> bytes:
        """Take bottles in."""
        event = events.receive(self.place(by), Lot(LIQUOR, batch, quantity), Parties(frm, by), consignment, epcs)
        return self.submit(event, by=by).evidence

    def move(self, quantity: int, *, to: str, by: str = BRAND, batch: str = "B1", epcs: Sequence[str] = ()) -> bytes:
        """Send bottles, and let them arrive; the evidence of the shipment."""
        shipped = self.ship(quantity, to=to, by=by, batch=batch, epcs=epcs)
        self.receive(quantity, shipped, by=to, frm=by, batch=batch, epcs=epcs)
        return shipped


@dataclass(frozen=True)
class Bottle:
    """A bottle as trails and holders are asked for it."""

    gtin: str
    batch: str
    serial: str
    sscc: str | None

    @property
    def uri(self) -> str:
        """Its canonical name."""
        return events.item_uri(self.gtin, self.serial)


def bottle_of(run: CodeRun, index: int) -> Bottle:
    """A bottle of a code run, by its place in it."""
    unit = run.units[index]
    return Bottle(run.gtin, run.batch, unit.serial, unit.sscc)


def evidence_of(event: dict[str, Any]) -> bytes:
    """The evidence of an event."""
    return evidence(event)

"""A little company at work through the front door of capture. Keywords say what matters."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy.orm import Session

from backend.capabilities import REACTIONS
from backend.capture import service as capture
from backend.capture.rules import Accepted, Receipt
from backend.catalog import service as catalog
from scanner.codes.run import CodeRun, make_run
from scanner.device import events, session, signing
from scanner.device.capture import captured
from scanner.device.events import At, Lot, Parties
from scanner.device.reading import read
from scanner.epcis.canonical import evidence
from tests.kit.people import BRAND, DOMAIN, GRAIN, LIQUOR, NOW, PRODUCT, SPIRIT, key


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

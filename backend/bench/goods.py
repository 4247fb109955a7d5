"""What is captured in the bench: a brand, dealers with devices, batches in cases, signed shipments and receipts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from random import Random

from sqlalchemy.orm import Session

from backend.capabilities import REACTIONS
from backend.capture import service as capture
from backend.catalog import service as catalog
from backend.catalog.rules import Product
from backend.identity import keys
from backend.identity import service as identity
from backend.identity.rules import Party
from backend.identity.rules_keys import Joining, Register
from scanner.codes.run import make_run
from scanner.device import events, joining, signing
from scanner.device.events import At, Lot, Parties, case_uri
from scanner.device.session import signed_message
from scanner.gs1.check_digit import check_digit

CASE = 6
"""Bottles in a case."""


def _numbered(stem: str, number: int, digits: int) -> str:
    body = f"{stem}{number:0{digits}d}"
    return body + check_digit(body)


BRAND = _numbered("6909999", 0, 5)
WINE, GRAIN, SPIRIT = (_numbered("0690999", number, 6) for number in (1, 2, 3))


def _key(of: str) -> bytes:
    return sha256(f"bench device of {of}".encode()).digest()


@dataclass(frozen=True, slots=True)
class Pair:
    """A signed shipment of some cases and the signed receipt of its addressee, as they are posted."""

    shipment: bytes
    receipt: bytes


@dataclass
class Goods:
    """A company in a database. Its captures happen one second after the other and end at `now`."""

    session: Session
    domain: signing.Domain
    register: Register
    now: datetime
    dealers: int

    def __post_init__(self) -> None:
        self._at = self.now - timedelta(days=3)
        self._cases = 0
        self.glns = [_numbered("6909999", number, 5) for number in range(1, self.dealers + 1)]
        catalog.add_product(self.session, Product(WINE, "基准酒", "Bench", 500, 520, CASE), now=self.now)
        for gln, roles in ((BRAND, {"brand", "producer"}), *((each, {"dealer"}) for each in self.glns)):
            party = Party(gln, f"bench {gln}", frozenset(roles), "510100")
            identity.enrol_party(self.session, party, now=self.now)
            self._join(gln)

    def _join(self, gln: str) -> None:
        """The party's device joins with a code, as everybody's."""
        code = joining.new_code(Random(gln).randbytes)
        keys.invite(self.session, gln, signing.address_of(joining.key_of_code(code)), now=self.now)
        said = {
            name: bytes.fromhex(value[2:])
            for name, value in joining.redemption(gln, _key(gln), "bench", code, self.register.domain).items()
            if value.startswith("0x")
        }
        joins = Joining(said["signer"], "bench", said["possession"])
        keys.redeem(self.session, gln, joins, said["signature"], self.register, now=self.now)

    def _place(self, gln: str) -> At:
        self._at += timedelta(seconds=1)
        return At(self._at, gln)

    def _signed(self, event: events.Built, by: str) -> bytes:
        return signed_message(event, _key(by), self.domain)[1].encode()

    def _submit(self, event: events.Built) -> None:
        message = capture.load(self._signed(event, BRAND))
        capture.submit(self.session, message, domain=self.domain, now=self.now, reactions=REACTIONS)

    def bottle(self, batch: str, cases: int) -> list[str]:
        """Bear a batch in cases with codes in force; the SSCCs of its cases."""
        grain, spirit = Lot(GRAIN, f"G{batch}", 1_000_000, "KGM"), Lot(SPIRIT, f"S{batch}", 1_000_000, "LTR")
        wine = Lot(WINE, batch, cases * CASE)
        self._submit(events.harvest(self._place(BRAND), grain))
        self._submit(events.transformation(self._place(BRAND), "distil", [grain], spirit))
        self._submit(events.transformation(self._place(BRAND), "bottle", [spirit], wine))
        run = make_run(WINE, batch, wine.quantity, CASE, "06909999", Random(batch).randbytes, first_case=self._cases)
        self._cases += cases
        catalog.add_code_run(self.session, run, now=self.now)
        self._submit(events.commission(self._place(BRAND), wine, run.root))
        return [case.sscc for case in run.cases]

    def pair(self, batch: str, ssccs: list[str], dealer: str) -> Pair:
        """Sign the shipment of some cases to a dealer, and its receipt."""
        lot, parties, epcs = Lot(WINE, batch, len(ssccs) * CASE), Parties(BRAND, dealer), [*map(case_uri, ssccs)]
        said, shipment = signed_message(events.ship(self._place(BRAND), lot, parties, epcs), _key(BRAND), self.domain)
        received = events.receive(self._place(dealer), lot, parties, said.evidence, epcs)
        return Pair(shipment.encode(), self._signed(received, dealer))

    def pairs(self, name: str, connections: int, each: int) -> Iterator[list[Pair]]:
        """For each connection as many shipments of one case as it sends, of a batch of its own."""
        for number in range(connections):
            batch = f"{name}-{number}"
            ssccs = self.bottle(batch, each)
            yield [self.pair(batch, [sscc], self.glns[(number + at) % len(self.glns)]) for at, sscc in enumerate(ssccs)]

"""JSON of the warehouse app: its work, small enough to be kept on a device."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from backend.catalog.rules import Product
from backend.custody.rules import Consignment
from backend.identity.rules import Device, Location, Party
from backend.identity.rules_accounts import Account
from backend.orders.documents import Document, DocumentLine
from backend.warehouse.rules import BatchCases, CaseRange, DeviceStanding
from scanner.device.signing import Domain

Answer = dict[str, object]


@dataclass(frozen=True)
class Delivery:
    """A consignment on its way to us; `cases` are those it names."""

    consignment: Consignment
    sender: Party
    cases: tuple[CaseRange, ...]
    delivered_at: datetime | None = None
    """When its sender says that it arrived."""
    delivered_late: bool = False
    """Whether he said so more than a day afterwards."""


@dataclass(frozen=True)
class DeviceState:
    """How we know a device. `until`: the end of a notice that runs, None when the chain does not show it yet; `way` is
    how it came: invitation, admission or proposal."""

    signer: bytes
    state: DeviceStanding
    label: str = ""
    until: datetime | None = None
    way: str = ""
    revoked_at: datetime | None = None


@dataclass(frozen=True)
class Work:
    """What there is to do at a party, and what a device must know to do it alone."""

    at: datetime
    party: Party
    places: tuple[Location, ...]
    domain: Domain
    device: DeviceState | None
    admitters: tuple[Device, ...]
    """Devices of the party that may admit another one now."""
    products: tuple[Product, ...]
    batches: tuple[BatchCases, ...]
    ship: tuple[Document, ...]
    receive: tuple[Delivery, ...]
    place_name: Callable[[str], str]
    log_ins: tuple[tuple[Account, str | None], ...] = ()
    """Log-ins that somebody outside made for the party and whose notice runs, and who made them."""


def work_json(work: Work, language: str) -> Answer:
    """Everything a device keeps. Times in ISO 8601; a range of cases is [first SSCC, count, bottles in each]."""
    return {
        "at": work.at.isoformat(),
        "party": {"gln": work.party.gln, "name": work.party.name},
        "places": [{"gln": each.gln, "name": each.name} for each in work.places],
        "domain": {"chain_id": work.domain.chain_id, "contract": "0x" + work.domain.contract.hex()},
        "device": device_json(work.device) if work.device else None,
        "admitters": [{"signer": "0x" + each.signer.hex(), "label": each.label} for each in work.admitters],
        "products": {each.gtin: _product(each, language) for each in work.products},
        "batches": [
            {"gtin": each.gtin, "batch": each.batch, "recalled": each.recalled, "cases": _ranges(each.cases)}
            for each in work.batches
        ],
        "log_ins": [_log_in(*each) for each in work.log_ins],
        "ship": [_document(each, work) for each in work.ship],
        "receive": [_delivery(each, work) for each in work.receive],
    }


def device_json(device: DeviceState) -> Answer:
    """How a device stands, as it is told itself."""
    until = device.until.isoformat() if device.until else None
    revoked_at = device.revoked_at.isoformat() if device.revoked_at else None
    said = {"signer": "0x" + device.signer.hex(), "state": device.state, "label": device.label}
    return {**said, "way": device.way, "until": until, "revoked_at": revoked_at}


def _log_in(account: Account, maker: str | None) -> Answer:
    until = account.notice_until.isoformat() if account.notice_until else None
    return {"name": account.name, "by": maker, "until": until}


def _product(product: Product, language: str) -> Answer:
    return {"name": product.label(language), "volume_ml": product.volume_ml, "case_size": product.case_size}


def _ranges(ranges: tuple[CaseRange, ...]) -> list[list[str | int]]:
    return [[each.first, each.count, each.bottles] for each in ranges]


def _document(document: Document, work: Work) -> Answer:
    return {
        "order": str(document.order),
        "uri": document.uri,
        "place": document.location,
        "buyer": document.buyer,
        "buyer_name": document.buyer_name,
        "territory": work.place_name(document.buyer_adcode),
        "since": document.approved_at.isoformat() if document.approved_at else None,
        "lines": [_line(each) for each in document.lines],
    }


def _line(line: DocumentLine) -> Answer:
    return {"gtin": line.gtin, "batch": line.batch, "bottles": line.bottles}


def _delivery(delivery: Delivery, work: Work) -> Answer:
    consignment = delivery.consignment
    return {
        "consignment": consignment.evidence.hex(),
        "document": consignment.ref.hex() if consignment.ref else consignment.evidence.hex(),
        "sender": delivery.sender.gln,
        "sender_name": delivery.sender.name,
        "territory": work.place_name(delivery.sender.adcode),
        "since": consignment.shipped_at.isoformat(),
        "gtin": consignment.batch.gtin,
        "batch": consignment.batch.batch,
        "bottles": consignment.open,
        "cases": _ranges(delivery.cases),
        "delivered_at": delivery.delivered_at.isoformat() if delivery.delivered_at else None,
        "delivered_late": delivery.delivered_late,
    }

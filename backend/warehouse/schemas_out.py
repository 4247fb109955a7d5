"""JSON of the warehouse app: its work, small enough to be kept on a device."""

from typing import Literal

from pydantic import BaseModel

from backend.catalog.rules import Product
from backend.identity.rules import Device, DeviceWay
from backend.identity.rules_accounts import Account
from backend.orders.documents import Document
from backend.warehouse.rules import CaseRange, DeviceStanding
from backend.warehouse.schemas import Delivery, DeviceState, Work
from backend.web.shapes import Moment

CaseRangeOut = tuple[str, int, int]
"""First SSCC, count, bottles in each."""


class PlaceOut(BaseModel):
    """A party or one of its places, by GLN."""

    gln: str
    name: str


class DomainOut(BaseModel):
    """Where signatures count."""

    chain_id: int
    contract: str


class DeviceOut(BaseModel):
    """How a device stands, as it is told itself."""

    signer: str
    state: DeviceStanding
    label: str
    way: DeviceWay | Literal[""]
    until: Moment | None
    revoked_at: Moment | None

    @classmethod
    def of(cls, device: DeviceState) -> "DeviceOut":
        """How a device stands."""
        return cls(
            signer="0x" + device.signer.hex(),
            state=device.state,
            label=device.label,
            way=device.way,
            until=device.until,
            revoked_at=device.revoked_at,
        )


class AdmitterOut(BaseModel):
    """A device of the party that may admit another one now."""

    signer: str
    label: str

    @classmethod
    def of(cls, device: Device) -> "AdmitterOut":
        """A device that may admit."""
        return cls(signer="0x" + device.signer.hex(), label=device.label)


class AppProductOut(BaseModel):
    """A product, in the reader's language."""

    name: str
    volume_ml: int
    case_size: int

    @classmethod
    def of(cls, product: Product, language: str) -> "AppProductOut":
        """A product for the app."""
        return cls(name=product.label(language), volume_ml=product.volume_ml, case_size=product.case_size)


class BatchCasesOut(BaseModel):
    """A batch of the party with its cases."""

    gtin: str
    batch: str
    recalled: bool
    cases: list[CaseRangeOut]


class WaitingLogInOut(BaseModel):
    """A log-in that somebody outside made for the party and whose notice runs, and who made it."""

    name: str
    by: str | None
    until: Moment | None

    @classmethod
    def of(cls, account: Account, maker: str | None) -> "WaitingLogInOut":
        """A log-in and its maker."""
        return cls(name=account.name, by=maker, until=account.notice_until)


class DocumentLineOut(BaseModel):
    """Bottles of a batch that a document asks for."""

    gtin: str
    batch: str
    bottles: int


class DocumentOut(BaseModel):
    """An order to ship, `since` its approval; `territory` is the buyer's prefecture by name."""

    order: str
    uri: str
    place: str
    buyer: str
    buyer_name: str
    territory: str
    since: Moment | None
    lines: list[DocumentLineOut]

    @classmethod
    def of(cls, document: Document, work: Work) -> "DocumentOut":
        """An order to ship."""
        return cls(
            order=str(document.order),
            uri=document.uri,
            place=document.location,
            buyer=document.buyer,
            buyer_name=document.buyer_name,
            territory=work.place_name(document.buyer_adcode),
            since=document.approved_at,
            lines=[DocumentLineOut(gtin=each.gtin, batch=each.batch, bottles=each.bottles) for each in document.lines],
        )


class DeliveryOut(BaseModel):
    """A consignment on its way to us; `delivered_at`: when its sender says that it arrived."""

    consignment: str
    document: str
    sender: str
    sender_name: str
    territory: str
    since: Moment
    gtin: str
    batch: str
    bottles: int
    cases: list[CaseRangeOut]
    delivered_at: Moment | None
    delivered_late: bool

    @classmethod
    def of(cls, delivery: Delivery, work: Work) -> "DeliveryOut":
        """A consignment to receive."""
        sent, sender = delivery.consignment, delivery.sender
        return cls(
            consignment=sent.evidence.hex(),
            document=sent.ref.hex() if sent.ref else sent.evidence.hex(),
            sender=sender.gln,
            sender_name=sender.name,
            territory=work.place_name(sender.adcode),
            since=sent.shipped_at,
            gtin=sent.batch.gtin,
            batch=sent.batch.batch,
            bottles=sent.open,
            cases=_ranges(delivery.cases),
            delivered_at=delivery.delivered_at,
            delivered_late=delivery.delivered_late,
        )


class WorkOut(BaseModel):
    """Everything a device keeps; products by GTIN."""

    at: Moment
    party: PlaceOut
    places: list[PlaceOut]
    domain: DomainOut
    device: DeviceOut | None
    admitters: list[AdmitterOut]
    products: dict[str, AppProductOut]
    batches: list[BatchCasesOut]
    log_ins: list[WaitingLogInOut]
    ship: list[DocumentOut]
    receive: list[DeliveryOut]

    @classmethod
    def of(cls, work: Work, language: str) -> "WorkOut":
        """The work of a party for its devices."""
        return cls(
            at=work.at,
            party=PlaceOut(gln=work.party.gln, name=work.party.name),
            places=[PlaceOut(gln=each.gln, name=each.name) for each in work.places],
            domain=DomainOut(chain_id=work.domain.chain_id, contract="0x" + work.domain.contract.hex()),
            device=DeviceOut.of(work.device) if work.device else None,
            admitters=[AdmitterOut.of(each) for each in work.admitters],
            products={each.gtin: AppProductOut.of(each, language) for each in work.products},
            batches=[
                BatchCasesOut(gtin=each.gtin, batch=each.batch, recalled=each.recalled, cases=_ranges(each.cases))
                for each in work.batches
            ],
            log_ins=[WaitingLogInOut.of(*each) for each in work.log_ins],
            ship=[DocumentOut.of(each, work) for each in work.ship],
            receive=[DeliveryOut.of(each, work) for each in work.receive],
        )


def _ranges(ranges: tuple[CaseRange, ...]) -> list[CaseRangeOut]:
    return [(each.first, each.count, each.bottles) for each in ranges]

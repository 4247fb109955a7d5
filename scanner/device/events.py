"""The EPCIS 2.0 events our devices write, one builder a step of the trade.

They name things by GS1 Digital Link URIs and are ready to be signed: `capture_of` understands every one of them,
but for `pack` and `arrive`, which move nothing on chain and are evidence only. Quantities are whole grams (KGM),
millilitres (LTR) or bottles.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from scanner.device.capture import JL
from scanner.epcis.canonical import ni
from scanner.gs1.percent import encode_path

CONTEXT = ["https://ref.gs1.org/standards/epcis/epcis-context.jsonld", {"jl": JL}]
GS1 = "https://id.gs1.org"

Built = dict[str, object]


@dataclass(frozen=True, slots=True)
class At:
    """When and where: a time with its offset, and the GLN of the place."""

    time: datetime
    place: str


@dataclass(frozen=True, slots=True)
class Lot:
    """So much of a batch. `uom` says what `quantity` counts: KGM grams, LTR millilitres, None bottles."""

    gtin: str
    batch: str
    quantity: int
    uom: str | None = None


@dataclass(frozen=True, slots=True)
class Parties:
    """GLNs of who owned and who is to own."""

    sender: str
    receiver: str


def class_uri(gtin: str, batch: str) -> str:
    """A batch as EPC class."""
    return f"{GS1}/01/{gtin}/10/{encode_path(batch)}"


def item_uri(gtin: str, serial: str) -> str:
    """One bottle."""
    return f"{GS1}/01/{gtin}/21/{encode_path(serial)}"


def case_uri(sscc: str) -> str:
    """One case or pallet."""
    return f"{GS1}/00/{sscc}"


def place_uri(gln: str) -> str:
    """A location."""
    return f"{GS1}/414/{gln}"


def party_uri(gln: str) -> str:
    """A company."""
    return f"{GS1}/417/{gln}"


def evidence_uri(evidence: bytes) -> str:
    """Evidence of an event, as other events refer to it."""
    return ni(evidence)


def harvest(at: At, lot: Lot) -> Built:
    """A lot of raw material comes in."""
    return _object(at, "jl:harvest", lot, action="ADD")


def transformation(at: At, step: str, inputs: Sequence[Lot], output: Lot) -> Built:
    """Ferment, distil, blend or bottle: inputs are used up, the output is born. `step` is one of these words."""
    return {
        **_base(at, "TransformationEvent", f"jl:{step}"),
        "inputQuantityList": [_quantity(lot) for lot in inputs],
        "outputQuantityList": [_quantity(output)],
    }


def age(at: At, lot: Lot) -> Built:
    """The lot rests; said once for each report of the cellar."""
    return _object(at, "jl:age", lot)


def inspect(at: At, lot: Lot) -> Built:
    """A sample of the lot was tested."""
    return _object(at, "inspecting", lot)


def commission(at: At, lot: Lot, units_root: bytes) -> Built:
    """The codes of the batch come into force, all under one root."""
    return {**_object(at, "commissioning", lot, action="ADD"), "jl:unitsRoot": units_root.hex()}


def pack(at: At, sscc: str, epcs: Sequence[str]) -> Built:
    """Bottles into a case, or cases onto a pallet."""
    return {
        **_base(at, "AggregationEvent", "packing"),
        "action": "ADD",
        "parentID": case_uri(sscc),
        "childEPCs": list(epcs),
    }


def unpack(at: At, sscc: str, epcs: Sequence[str] = ()) -> Built:
    """Bottles out of a case, or cases off a pallet; all that is inside when none is named."""
    event = {
        **_base(at, "AggregationEvent", "unpacking"),
        "action": "DELETE",
        "parentID": case_uri(sscc),
    }
    return {**event, "childEPCs": list(epcs)} if epcs else event


def ship(at: At, lot: Lot, parties: Parties, epcs: Sequence[str] = (), *, order: str | None = None) -> Built:
    """Goods leave for the receiver; `epcs` are the cases and bottles that go, `order` the URI of the order."""
    return {
        **_object(at, "shipping", lot, epcs, disposition="in_transit"),
        **_owners(parties),
        **_transactions("po", order),
    }


def receive(at: At, lot: Lot, parties: Parties, consignment: bytes, epcs: Sequence[str] = ()) -> Built:
    """Goods of a consignment arrive, all or a part; `consignment` is the evidence of the shipment."""
    return {
        **_object(at, "receiving", lot, epcs, disposition="in_progress"),
        **_owners(parties),
        **_transactions("desadv", evidence_uri(consignment)),
    }


def arrive(
    at: At, lot: Lot, parties: Parties, consignment: bytes, epcs: Sequence[str] = (), *, waybill: str | None = None
) -> Built:
    """The sender shows that a consignment was delivered, which its addressee may not have signed for: evidence only.

    `waybill` is the URI of the carrier's document.
    """
    told = [("desadv", evidence_uri(consignment)), *([("bol", waybill)] if waybill else [])]
    return {
        **_object(at, "arriving", lot, epcs, disposition="in_progress"),
        **_owners(parties),
        "bizTransactionList": [{"type": kind, "bizTransaction": uri} for kind, uri in told],
    }


def return_(at: At, lot: Lot, parties: Parties, consignment: bytes, epcs: Sequence[str] = ()) -> Built:
    """The addressee sends back what it does not take; the parties are those of this way: from addressee to sender."""
    return {
        **_object(at, "jl:return", lot, epcs, disposition="returned"),
        **_owners(parties),
        **_transactions("desadv", evidence_uri(consignment)),
    }


def sell(at: At, lot: Lot, epcs: Sequence[str] = ()) -> Built:
    """Bottles go over the counter, summed for a day."""
    return _object(at, "retail_selling", lot, epcs, disposition="retail_sold")


def write_off(at: At, lot: Lot, epcs: Sequence[str] = (), *, consignment: bytes | None = None) -> Built:
    """Goods are broken or lost; with a consignment, on the way."""
    document = None if consignment is None else evidence_uri(consignment)
    return {
        **_object(at, "destroying", lot, epcs, action="DELETE", disposition="destroyed"),
        **_transactions("desadv", document),
    }


def recall(at: At, lot: Lot, epcs: Sequence[str] = ()) -> Built:
    """The brand stops the batch; or, with `epcs` and their number as quantity, those units of it alone."""
    return _object(at, "jl:recall", lot, epcs, disposition="recalled")


def lift(at: At, lot: Lot, epcs: Sequence[str] = ()) -> Built:
    """The brand frees a recalled batch, or the units that it named."""
    return _object(at, "jl:lift", lot, epcs)


def declared_wrong(
    event: Built, time: datetime, reason: str = "did_not_occur", corrective: Sequence[str] = ()
) -> Built:
    """The event again, declared at `time` to be wrong; `corrective` are the ids of events that say what was right."""
    if time.tzinfo is None:
        raise ValueError("the time of a declaration needs its offset from UTC")
    declaration: Built = {"declarationTime": time.isoformat(timespec="milliseconds"), "reason": reason}
    if corrective:
        declaration["correctiveEventIDs"] = list(corrective)
    return {**event, "errorDeclaration": declaration}


def _object(
    at: At,
    step: str,
    lot: Lot,
    epcs: Sequence[str] = (),
    *,
    action: str = "OBSERVE",
    disposition: str | None = None,
) -> Built:
    event = {**_base(at, "ObjectEvent", step), "action": action}
    if disposition is not None:
        event["disposition"] = disposition
    if epcs:
        event["epcList"] = list(epcs)
    return {**event, "quantityList": [_quantity(lot)]}


def _base(at: At, kind: str, step: str) -> Built:
    if at.time.tzinfo is None:
        raise ValueError("the time of an event needs its offset from UTC")
    time = at.time.isoformat(timespec="milliseconds")
    return {
        "@context": CONTEXT,
        "type": kind,
        "eventTime": time,
        "eventTimeZoneOffset": time[-6:],
        "bizStep": step,
        "readPoint": {"id": place_uri(at.place)},
    }


def _quantity(lot: Lot) -> Built:
    entry: Built = {"epcClass": class_uri(lot.gtin, lot.batch)}
    if lot.uom is None:
        return {**entry, "quantity": lot.quantity}
    whole, rest = divmod(lot.quantity, 1000)
    return {**entry, "quantity": lot.quantity / 1000 if rest else whole, "uom": lot.uom}


def _owners(parties: Parties) -> Built:
    return {
        "sourceList": [{"type": "owning_party", "source": party_uri(parties.sender)}],
        "destinationList": [{"type": "owning_party", "destination": party_uri(parties.receiver)}],
    }


def _transactions(kind: str, uri: str | None) -> Built:
    return {} if uri is None else {"bizTransactionList": [{"type": kind, "bizTransaction": uri}]}

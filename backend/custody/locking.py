"""One at a time for each batch: what a capture concerns is locked before its place in the order is given out."""

from sqlalchemy.orm import Session

from backend.capture.rules import Accepted
from backend.custody import store
from backend.units import service as units


def lock(session: Session, accepted: Accepted) -> None:
    """Let nobody else move the batches of a capture before this transaction ends.

    Packing concerns the batches of what is packed, a proof of delivery that of its consignment; documents of others
    only what the same teller says.
    """
    reading = accepted.reading
    names = {f"{each.gtin}/{each.batch}" for each in (reading.output, *reading.inputs) if each is not None}
    if reading.packing is not None:
        keys = [reading.packing.parent.key, *(each.key for each in reading.packing.children)]
        names |= {f"{gtin}/{batch}" for gtin, batch in units.batches_of(session, keys)}
        names.add(reading.packing.parent.key)
    if reading.arrival is not None and (sent := store.find_consignment(session, reading.arrival.shipment)) is not None:
        names.add(f"{sent.batch.gtin}/{sent.batch.batch}")
    if not names:
        names.add(f"party/{accepted.party}")
    store.lock(session, names)

"""What the chain says of keys and our books do not: taken over from the mirror, and given up when a rewind takes it."""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from backend.identity import store, store_keys
from backend.identity.rules import Device, DeviceWay
from ledger_indexer.mirror.queries import DeviceRow

_log = logging.getLogger("jiulian.keys")
AHEAD = timedelta(seconds=15)
"""How far a block's time may run ahead of our clock."""


@dataclass(frozen=True, slots=True)
class Mirrored:
    """How far the mirror has come: the newest block's time, and the newest block that no rewind takes back."""

    time: datetime
    final_block: int


def learn(session: Session, on_chain: Collection[DeviceRow], mirrored: Mirrored, *, now: datetime) -> bool:
    """Take over what the chain says of keys and our books do not: when notices end, and what went past our desk.

    A key that joined past our desk counts once nothing takes its block back. A revocation counts at once, since the
    contract refuses the key already; when a rewind takes that one back, it is unlearned.
    """
    known = {each.signer: each for each in store.list_devices(session)}
    final = [row for row in on_chain if row.signer in known or row.enrolled_block <= mirrored.final_block]
    news = [row for row in final if _is_news(row, known.get(row.signer))]
    gone = _taken_back(session, on_chain, known.values(), mirrored)
    if not news and not gone:
        return False
    store_keys.take_order(session)
    for each in gone:
        _log.warning("the chain took the revocation of device %s back, so it speaks again", each.signer.hex())
        store_keys.unsilence(session, each.signer)
    glns = store_keys.glns_by_id(session)
    for row in news:
        _learn(session, row, glns, row.signer in known, now)
    return True


def _learn(session: Session, row: DeviceRow, glns: Mapping[bytes, str], is_known: bool, now: datetime) -> None:
    if not is_known:
        if row.party not in glns:
            return
        way, waits = _WAYS_ON_CHAIN[row.way], row.since > row.enrolled_at
        store.add_device(session, Device(row.signer, glns[row.party], "", way=way, waits=waits), now)
    store_keys.set_since(session, row.signer, datetime.fromtimestamp(row.since, UTC))
    if row.revoked:
        silenced_by = "brand" if row.revoked_by == bytes(32) else "party"
        store_keys.silence(session, row.signer, silenced_by, now)


def _taken_back(
    session: Session, on_chain: Collection[DeviceRow], known: Collection[Device], mirrored: Mirrored
) -> list[Device]:
    """Devices that are silenced only because the chain said so once, and says so no more.

    A mirror that is being filled anew has not come to that block yet: it must have passed the time at which we learned.
    """
    revoked = {row.signer for row in on_chain if row.revoked}
    doubtful = [
        each
        for each in known
        if each.revoked_at is not None
        and each.way != DeviceWay.WITNESS
        and each.signer not in revoked
        and mirrored.time > each.revoked_at + AHEAD
    ]
    own = store_keys.revoked_by_us(session, [each.signer for each in doubtful]) if doubtful else set()
    return [each for each in doubtful if each.signer not in own]


_WAYS_ON_CHAIN = {1: DeviceWay.INVITATION, 2: DeviceWay.ADMISSION, 3: DeviceWay.PROPOSAL}


def _is_news(row: DeviceRow, known: Device | None) -> bool:
    if known is None or (row.revoked and known.silenced_by is None):
        return True
    return known.waits and (known.since is None or int(known.since.timestamp()) != row.since)

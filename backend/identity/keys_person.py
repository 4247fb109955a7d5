"""What a person may see of keys and do to them: those of the own company, and for the brand those of all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from backend import clock
from backend.errors import Malformed, NotFound
from backend.identity import accounts, keys, keys_view, service
from backend.identity.keys_desk import Desk
from backend.identity.rules import OVERSEERS, Party, Principal
from backend.identity.rules_accounts import Account
from backend.identity.rules_keys import ChangeKind, KeyShown, NotYours
from backend.identity.rules_people import LogInNotYet, check_settled


@dataclass(frozen=True)
class Keys:
    """A party's keys, refused attempts on them, and log-ins made from outside with who made each; a person of no
    party who named none sees none."""

    gln: str
    party: Party | None
    shown: Sequence[KeyShown] = ()
    attempts: Sequence[keys_view.Attempt] = ()
    outside: Sequence[tuple[Account, str | None]] = ()


def keys_seen_by(session: Session, reader: Principal, party: str, *, now: datetime) -> Keys:
    """The keys of a party by GLN; empty for the person's own.

    Raises:
        NotYours: of another party. NotFound: no such party.
    """
    gln = party or reader.party or ""
    if gln != reader.party and not reader.has(*OVERSEERS):
        raise NotYours(party=gln)
    found = service.find_party(session, gln) if gln else None
    if found is None:
        if gln:
            raise NotFound(f"no party with GLN {gln}", gln=gln)
        return Keys(gln, None)
    shown = keys_view.list_keys(session, gln, now=now)
    attempts, outside = keys_view.list_attempts(session, gln), accounts.list_from_outside(session, gln)
    return Keys(gln, found, shown, attempts, outside)


def revoke(desk: Desk, session: Session, signer: str, keeper: Principal) -> tuple[bytes, str]:
    """Revoke a device, or stop one whose notice runs: a person of its party, or the brand. Its key and its party.

    Raises:
        Malformed: `signer` is not hexadecimal. NotFound: no such device. NotYours: another party's.
        LogInNotYet: the person's log-in was made for the party from outside, and its notice runs.
    """
    try:
        key = bytes.fromhex(signer.removeprefix("0x"))
    except ValueError as error:
        raise Malformed("signer: is not hexadecimal", field="signer") from error
    device = service.find_device(session, key)
    if device is None:
        raise NotFound("no such device", signer=signer)
    if device.party != keeper.party and not keeper.has("brand"):
        refused = NotYours(signer=signer)
        desk.keep(ChangeKind.REVOKE, device.party, refused, person=keeper.name)
        raise refused
    if device.party == keeper.party:
        _check_settled(desk, device.party, keeper)
    keys.revoke(session, key, now=desk.now, person=keeper.name)
    return key, device.party


def _check_settled(desk: Desk, party: str, keeper: Principal) -> None:
    """A log-in that was made for the party from outside speaks for it when its notice has passed; its try is kept."""
    try:
        check_settled(keeper.notice_until, clock.now())
    except LogInNotYet as refused:
        desk.keep(ChangeKind.REVOKE, party, refused, person=keeper.name)
        raise

"""The usual company: its ids, its goods, its devices and how they join. Keywords say what matters."""

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from random import Random

from sqlalchemy.orm import Session

from backend.catalog.rules import Product
from backend.identity import keys
from backend.identity import service as identity
from backend.identity.rules import Party
from backend.identity.rules_keys import Joining, Register
from ledger_indexer.bindings.deployments import Deployment
from ledger_indexer.bindings.verifier import p256_verifier
from scanner.device import joining, signing
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

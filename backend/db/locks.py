"""Names that one transaction at a time may hold, until it ends."""

from collections.abc import Collection
from hashlib import sha256

from sqlalchemy import ARRAY, BigInteger, bindparam, func, select
from sqlalchemy.orm import Session

from backend.db.prepared import Prepared

_NUMBERS = func.unnest(bindparam("numbers", type_=ARRAY(BigInteger))).table_valued("number").render_derived()
_TAKE = Prepared(select(func.pg_advisory_xact_lock(_NUMBERS.c.number)))


def take(session: Session, *floors: Collection[str]) -> None:
    """Let nobody else take these names before the transaction (or the savepoint, when rolled back) ends.

    In one order for everybody: floor by floor, and within a floor by number; so nobody waits in a circle.
    """
    numbers = [number for names in floors for number in sorted(map(_number, set(names)))]
    if numbers:
        _TAKE.run(session, {"numbers": numbers})


def _number(name: str) -> int:
    return int.from_bytes(sha256(name.encode()).digest()[:8], signed=True)


def batch_name(gtin: str, batch: str) -> str:
    """The name that whoever moves goods of a batch holds."""
    return f"{gtin}/{batch}"

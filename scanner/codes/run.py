"""A code run: the codes of one batch, packed into cases, and the one root that the brand puts on chain.

A run of a million is held as a few blocks of bytes (serials, inner codes, the tree), about 100 MB; `Unit` values
are made when looked at.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import overload
from urllib.parse import quote

import numpy as np
import rfc8785

from scanner.codes.serials import INNER_DOMAIN, INNER_LENGTH, SERIAL_LENGTH, Random, draw
from scanner.errors import Malformed
from scanner.evidence.tree import LEAF_PREFIX, Tree, leaf_hash
from scanner.gs1.check_digit import check_digit, is_digits
from scanner.gs1.identifiers import Batch, Gtin

SSCC_BODY = 17


@dataclass(frozen=True, slots=True)
class Unit:
    """One bottle: its outer code, the secret inner code, the case it is packed in and its leaf's place."""

    gtin: str
    batch: str
    serial: str
    inner: str
    sscc: str
    index: int


@dataclass(frozen=True, slots=True)
class Case:
    """A case and the range of units [begin, end) in it."""

    sscc: str
    begin: int
    end: int


@dataclass(frozen=True)
class CodeRun:
    """All codes of a batch. `tree` proves any unit against `root`; leaves stand in the order of the units."""

    gtin: str
    batch: str
    units: "Units"
    cases: tuple[Case, ...]
    tree: Tree

    @property
    def root(self) -> bytes:
        """The unit-code root that Commission writes on chain."""
        return self.tree.root()


class Units(Sequence[Unit]):
    """The units of a run in the order of their leaves."""

    def __init__(self, gtin: str, batch: str, serials: bytes, inners: bytes, cases: Sequence[Case]) -> None:
        self._gtin, self._batch = gtin, batch
        self._serials, self._inners = serials, inners
        self._cases = cases
        self._case_size = cases[0].end

    def __len__(self) -> int:
        return len(self._serials) // SERIAL_LENGTH

    @overload
    def __getitem__(self, index: int) -> Unit: ...
    @overload
    def __getitem__(self, index: slice) -> list[Unit]: ...
    def __getitem__(self, index: int | slice) -> Unit | list[Unit]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        at = index + len(self) if index < 0 else index
        if not 0 <= at < len(self):
            raise IndexError(f"no unit {index} in a run of {len(self)}")
        serial = self._serials[at * SERIAL_LENGTH : (at + 1) * SERIAL_LENGTH].decode()
        inner = self._inners[at * INNER_LENGTH : (at + 1) * INNER_LENGTH].decode()
        return Unit(self._gtin, self._batch, serial, inner, self._cases[at // self._case_size].sscc, at)


def make_run(
    gtin: str, batch: str, count: int, case_size: int, sscc_prefix: str, random: Random, *, first_case: int = 0
) -> CodeRun:
    """Codes for `count` bottles of a batch in cases of `case_size`; the last case may be part full.

    `sscc_prefix` is the extension digit and what the brand sets aside of its company prefix; the other digits count
    cases from `first_case`. Malformed names the argument that cannot be.
    """
    if count < 1 or case_size < 1:
        raise Malformed("count" if count < 1 else "case_size", "must be at least 1")
    if Gtin.parse(gtin).value != gtin:
        raise Malformed("gtin", "must be written with 14 digits")
    Batch.parse(batch)
    serials = _distinct(count, random)
    inners = draw(count, INNER_LENGTH, random)
    return assemble(gtin, batch, serials, inners, _cases(count, case_size, sscc_prefix, first_case))


def assemble(gtin: str, batch: str, serials: bytes, inners: bytes, cases: tuple[Case, ...]) -> CodeRun:
    """The run of given codes, one after another in two blocks; used by `make_run` and when a run is read back."""
    units = Units(gtin, batch, serials, inners, cases)
    return CodeRun(gtin, batch, units, cases, Tree(_leaves(gtin, batch, serials, inners, cases)))


def leaf_data(gtin: str, batch: str, serial: str, inner_hash: str, sscc: str) -> bytes:
    """What a unit's leaf is hashed over: RFC 8785 JSON of its public parts; `inner_hash` is hexadecimal."""
    return rfc8785.dumps({"batch": batch, "gtin": gtin, "inner": inner_hash, "serial": serial, "sscc": sscc})


def origin(chain_id: int, gtin: str, batch: str) -> str:
    """The name under which a checkpoint gives the unit-code root of a batch."""
    return f"jiulian/{chain_id}/{gtin}/{batch}"


def leaf(gtin: str, batch: str, serial: str, inner_hash: str, sscc: str) -> bytes:
    """Leaf hash of a unit in the unit-code tree of its batch."""
    return leaf_hash(leaf_data(gtin, batch, serial, inner_hash, sscc))


def digital_link(domain: str, gtin: str, batch: str, serial: str) -> str:
    """What the bottle's QR code says: a GS1 Digital Link of GTIN, batch and serial at the brand's domain."""
    return f"https://{domain}/01/{gtin}/10/{quote(batch, safe='')}/21/{serial}"


def _leaves(gtin: str, batch: str, serials: bytes, inners: bytes, cases: Sequence[Case]) -> Iterator[bytes]:
    """`leaf` of every unit. The JSON has one shape, so all but its variable parts is written once."""
    head = LEAF_PREFIX + b'{"batch":' + rfc8785.dumps(batch) + b',"gtin":"' + gtin.encode() + b'","inner":"'
    for case in cases:
        tail = b'","sscc":"' + case.sscc.encode() + b'"}'
        for at in range(case.begin, case.end):
            inner = inners[at * INNER_LENGTH : (at + 1) * INNER_LENGTH]
            serial = serials[at * SERIAL_LENGTH : (at + 1) * SERIAL_LENGTH]
            secret = sha256(INNER_DOMAIN + inner).hexdigest().encode()
            yield sha256(head + secret + b'","serial":"' + serial + tail).digest()


def _distinct(count: int, random: Random) -> bytes:
    """Serials that all differ. Two alike among a million are not to be expected before the 30 millionth run."""
    while True:
        serials = draw(count, SERIAL_LENGTH, random)
        if len(np.unique(np.frombuffer(serials, dtype=f"S{SERIAL_LENGTH}"))) == count:
            return serials


def _cases(count: int, case_size: int, prefix: str, first: int) -> tuple[Case, ...]:
    digits = SSCC_BODY - len(prefix)
    needed = -(-count // case_size)
    if not is_digits(prefix) or digits < 1 or first < 0 or first + needed > 10**digits:
        raise Malformed("sscc_prefix", f"leaves no room for {needed} cases from {first}")
    return tuple(
        Case(sscc_of(prefix, first + at), at * case_size, min((at + 1) * case_size, count)) for at in range(needed)
    )


def sscc_of(prefix: str, number: int) -> str:
    """The SSCC of a case by its number under a prefix."""
    body = f"{prefix}{number:0{SSCC_BODY - len(prefix)}}"
    return body + check_digit(body)

"""Serials on the bottle and inner codes under the cap.

Alphabet: A-Z and 0-9 without 0 O 1 I L, which people confuse: 31 characters, a prime number. Each random character
carries log2(31) = 4.95 bits, so a serial (13 random) has 64 bits and an inner code (17 random) has 84.

Check character: the sum of position (1, 2, …) times value, modulo 31; the check character itself counts with -1.
All weights differ and none is 0 modulo the prime, so any single wrong character and any exchange of two characters,
adjacent or not, is caught; other slips pass 1 time in 31.
"""

from collections.abc import Callable
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from scanner.errors import Malformed

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
BASE = len(ALPHABET)
SERIAL_LENGTH = 14
INNER_LENGTH = 18
INNER_GROUP = 6
INNER_DOMAIN = b"jiulian-inner:"

Random = Callable[[int], bytes]
"""Gives that many random bytes: secrets.token_bytes, or a seeded generator's randbytes for a story that repeats."""

_LETTERS = np.frombuffer(ALPHABET.encode(), dtype=np.uint8)
_VALUES = {letter: value for value, letter in enumerate(ALPHABET)}


def new_serial(random: Random) -> str:
    """A serial of 14 characters: 13 random, 1 check."""
    return draw(1, SERIAL_LENGTH, random).decode()


def new_inner(random: Random) -> str:
    """An inner code of 18 characters: 17 random, 1 check; `group_inner` prints it."""
    return draw(1, INNER_LENGTH, random).decode()


def draw(count: int, length: int, random: Random) -> bytes:
    """`count` codes of `length` characters each, check character last, one after another."""
    values = _uniform(count * (length - 1), random).reshape(count, length - 1)
    check = (values.astype(np.int64) @ np.arange(1, length)) % BASE
    return _LETTERS[np.column_stack([values, check])].tobytes()


def check_serial(serial: str) -> bool:
    """Whether this can be a serial of ours: length, alphabet and check character."""
    return len(serial) == SERIAL_LENGTH and _checks(serial)


def check_inner(inner: str) -> bool:
    """Whether this can be an inner code of ours, as `parse_inner` gives it."""
    return len(inner) == INNER_LENGTH and _checks(inner)


def group_inner(inner: str) -> str:
    """The inner code as printed: groups of six with hyphens."""
    return "-".join(inner[at : at + INNER_GROUP] for at in range(0, len(inner), INNER_GROUP))


def parse_inner(typed: str) -> str:
    """The inner code a person typed: hyphens, spaces and case do not matter. Malformed when it cannot be one."""
    inner = "".join(typed.split()).replace("-", "").upper()
    if not check_inner(inner):
        raise Malformed("inner", "is not an inner code; a character was probably mistyped")
    return inner


def inner_hash(inner: str) -> str:
    """Hex SHA-256 of the ungrouped inner code behind its domain prefix: all that anybody but the bottle holds."""
    return sha256(INNER_DOMAIN + inner.encode()).hexdigest()


def _checks(code: str) -> bool:
    values = [_VALUES.get(letter) for letter in code]
    if None in values:
        return False
    weighted = sum(at * value for at, value in enumerate(values[:-1], start=1) if value)
    return weighted % BASE == values[-1]


def _uniform(count: int, random: Random) -> NDArray[np.uint8]:
    """Values below 31, all alike likely: bytes from 248 up would favour the first ones, so they are thrown away."""
    limit = 256 // BASE * BASE
    kept = np.empty(0, dtype=np.uint8)
    while len(kept) < count:
        drawn = np.frombuffer(random((count - len(kept)) * 33 // 32 + 16), dtype=np.uint8)
        kept = np.concatenate([kept, drawn[drawn < limit]])
    return kept[:count] % BASE

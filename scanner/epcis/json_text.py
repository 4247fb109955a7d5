"""JSON from strangers: one meaning or none.

Duplicate keys, NaN, numbers that a reader of RFC 8785 may round, lone surrogates, other encodings than UTF-8 and
bottomless nesting are refused with the path of the field: nobody shall sign a text that two readers read in two ways.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias, cast

from scanner.errors import Malformed

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
"""What JSON can carry."""
DEPTH_MAX = 64
_BOTTOMLESS = 500
"""So deep the parser is never let: its recursion is on the C stack, which a high recursion limit lets overflow."""
INTEGER_MAX = 2**53 - 1


class _Repeated(dict[str, object]):
    """An object in which a key came twice."""

    key = ""


def load(data: bytes | bytearray | str) -> Json:
    """The JSON value of `data` (UTF-8, a byte order mark is skipped); raises Malformed."""
    try:
        text = data if isinstance(data, str) else bytes(data).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Malformed("", f"is not UTF-8 at byte {error.start}") from None
    if _is_bottomless(text):
        raise Malformed("", f"is nested deeper than {DEPTH_MAX} levels")
    try:
        value = json.loads(text.removeprefix("\ufeff"), object_pairs_hook=_object, parse_int=_integer)
    except json.JSONDecodeError as error:
        raise Malformed("", f"is not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise Malformed("", f"is nested deeper than {DEPTH_MAX} levels") from None
    return check(value)


_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_BRACKET = re.compile(r"[\[\]{}]")


def _is_bottomless(text: str) -> bool:
    """Whether brackets open deeper than the parser may go, strings left aside."""
    if text.count("[") + text.count("{") <= _BOTTOMLESS:
        return False
    depth = 0
    for bracket in _BRACKET.finditer(_STRING.sub("", text)):
        depth += 1 if bracket.group() in "[{" else -1
        if depth > _BOTTOMLESS:
            return True
    return False


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    repeated = _Repeated(found)
    seen: set[str] = set()
    repeated.key = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
    return repeated


def _integer(text: str) -> int:
    # Python itself refuses to read integers of thousands of digits; this one is refused by `check` in any case.
    return int(text) if len(text) <= 17 else INTEGER_MAX + 1


def check(value: object, path: str = "") -> Json:
    """`value` itself; raises Malformed, with the path, unless it is JSON that every reader reads alike."""
    stack: list[tuple[object, str, int]] = [(value, path, 0)]
    while stack:
        item, where, depth = stack.pop()
        if depth > DEPTH_MAX:
            raise Malformed(where, f"is nested deeper than {DEPTH_MAX} levels")
        if isinstance(item, dict):
            _check_keys(item, where)
            stack.extend((inner, child(where, key), depth + 1) for key, inner in item.items())
        elif isinstance(item, list):
            stack.extend((inner, f"{where}[{at}]", depth + 1) for at, inner in enumerate(item))
        else:
            _check_single(item, where)
    return cast(Json, value)  # every value in it has been looked at


def _check_keys(item: dict[object, object], path: str) -> None:
    if isinstance(item, _Repeated):
        raise Malformed(child(path, item.key), "is there twice")
    for key in item:
        if not isinstance(key, str):
            raise Malformed(path, f"key {key!r} is not a text")
        _check_text(key, path)


def _check_single(item: object, path: str) -> None:
    if isinstance(item, str):
        _check_text(item, path)
    elif item is None or isinstance(item, bool):
        return
    elif isinstance(item, int):
        if abs(item) > INTEGER_MAX:
            raise Malformed(path, "is an integer beyond 2^53, which JSON cannot carry exactly")
    elif not isinstance(item, float):
        raise Malformed(path, f"{type(item).__name__} is not a JSON value")
    elif not math.isfinite(item):
        raise Malformed(path, "is not a finite number")
    elif INTEGER_MAX < abs(item) < 1e21:
        # RFC 8785 writes these without a point or exponent, so the next reader would see such an integer.
        raise Malformed(path, "is a whole number beyond 2^53, which JSON cannot carry exactly")


def child(path: str, key: str) -> str:
    """Path of the field `key` in the object at `path`."""
    return f"{path}.{key}" if path else key


def _check_text(text: str, path: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Malformed(path, "holds half a surrogate pair") from None

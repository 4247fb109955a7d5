"""Files that somebody changed, field by field."""

import copy
import json
from collections.abc import Iterator
from random import Random
from typing import Any

Json = Any


def shapes(value: Json, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The ways to everything in a file."""
    if way:
        yield way
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from shapes(value[key], (*way, key))


def at(value: Json, way: tuple[Any, ...]) -> Json:
    for key in way:
        value = value[key]
    return value


def changed(value: Json, random: Random) -> Json:
    """Something else of the same form: another digit, another number, a list that lacks something; else nothing."""
    if isinstance(value, str):
        if value in ("", "0x"):
            return value + "00"
        place = random.randrange(2, len(value)) if value.startswith("0x") else len(value) - 1
        return value[:place] + ("1" if value[place] != "1" else "2") + value[place + 1 :]
    if isinstance(value, int):
        return value + 1
    return value[:-1] if isinstance(value, list) else None


def forgeries(file: dict[str, Json], random: Random, each: int = 2) -> Iterator[tuple[str, str]]:
    """Of every field of a form, some changed; the field, and the file with it."""
    kinds: dict[str, list[tuple[Any, ...]]] = {}
    for way in shapes(file):
        kinds.setdefault(".".join("#" if isinstance(key, int) else key for key in way), []).append(way)
    for kind, ways in kinds.items():
        told = [way for way in ways if at(file, way) not in (None, [])]
        for way in random.sample(told, min(each, len(told))):
            edited = copy.deepcopy(file)
            at(edited, way[:-1])[way[-1]] = changed(at(file, way), random)
            yield kind, json.dumps(edited)

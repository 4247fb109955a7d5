"""A dataset as bytes, file by file: what is written, and what a run's hash is taken over. Pure."""

import csv
import gzip
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from hashlib import sha256

from backend.risk.rules import SIGNED, Dataset, Dealer, KnownFlow, Order, Place, Price, Scan, Territory

_PACKED = frozenset({"scans", "orders", "prices"})


def files(dataset: Dataset) -> Iterator[tuple[str, bytes]]:
    """Every file of the folder with its bytes; the same dataset gives the same bytes."""
    about = {
        "first_monday": dataset.first_monday.isoformat(),
        "weeks": dataset.weeks,
        "warm_up_weeks": dataset.warm_up_weeks,
        "units_per_case": dataset.units_per_case,
    }
    yield "dataset.json", (json.dumps(about) + "\n").encode()
    for name, fields, rows in _tables(dataset):
        data = _csv(fields, rows)
        yield (f"{name}.csv.gz", gzip.compress(data, mtime=0)) if name in _PACKED else (f"{name}.csv", data)


def inputs_hash(dataset: Dataset) -> bytes:
    """SHA-256 over the name and SHA-256 of every table, so that anyone with the folder can recompute it."""
    whole = sha256(f"{dataset.first_monday.isoformat()} {dataset.weeks} {dataset.units_per_case}\n".encode())
    for name, fields, rows in _tables(dataset):
        whole.update(f"{name} {sha256(_csv(fields, rows)).hexdigest()}\n".encode())
    return whole.digest()


def _tables(dataset: Dataset) -> Iterator[tuple[str, Sequence[str], Iterable[tuple[object, ...]]]]:
    yield "places", Place._fields, dataset.places
    yield "dealers", Dealer._fields, dataset.dealers
    yield "territories", Territory._fields, dataset.territories
    yield "known_flows", KnownFlow._fields, dataset.known_flows
    yield "scans", *_scans(dataset.scans)
    yield "orders", Order._fields, dataset.orders
    yield "prices", Price._fields, dataset.prices


def _scans(scans: Sequence[Scan]) -> tuple[Sequence[str], Iterable[tuple[object, ...]]]:
    """What custody rests on is written where it says something: not all of it was signed for."""
    if all(scan.custody == SIGNED for scan in scans):
        return Scan._fields[:-1], (scan[:-1] for scan in scans)
    return Scan._fields, scans


def _csv(fields: Sequence[str], rows: Iterable[tuple[object, ...]]) -> bytes:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(fields)
    table.writerows(map(_plain, rows))
    return text.getvalue().encode()


def _plain(row: Iterable[object]) -> list[object]:
    return [
        "" if v is None else int(v) if isinstance(v, bool) else v.isoformat() if isinstance(v, date) else v for v in row
    ]

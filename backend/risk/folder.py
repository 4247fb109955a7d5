"""The dataset folder: the interchange format that a benchmark or another product can read and write."""

import csv
import gzip
import json
from collections.abc import Callable, Iterable
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import IO, TypeVar

from backend.risk import serial
from backend.risk.evaluation import Episode
from backend.risk.rules import (
    Candidate,
    Dataset,
    DatasetUnreadable,
    Dealer,
    KnownFlow,
    Order,
    Place,
    Price,
    Scan,
    Territory,
)

Row = TypeVar("Row")
_day = lru_cache(maxsize=4096)(date.fromisoformat)


def _maybe_day(text: str | None) -> date | None:
    return _day(text) if text else None


def read(folder: Path) -> Dataset:
    """Read a dataset folder.

    Raises:
        DatasetUnreadable: a file or column is missing or a value cannot be understood.
    """
    try:
        about = json.loads((folder / "dataset.json").read_text())
        return Dataset(
            first_monday=date.fromisoformat(about["first_monday"]),
            weeks=int(about["weeks"]),
            warm_up_weeks=int(about["warm_up_weeks"]),
            units_per_case=int(about["units_per_case"]),
            places=_rows(folder, "places", _place),
            dealers=_rows(
                folder, "dealers", lambda r: Dealer(r["dealer"], r["home"], r.get("online_authorised", "0") == "1")
            ),
            territories=_rows(folder, "territories", lambda r: Territory(r["dealer"], r["place"], *_dates(r))),
            known_flows=_rows(
                folder, "known_flows", lambda r: KnownFlow(r["dealer"], r["place"], r["kind"], *_dates(r))
            ),
            scans=_scans(folder),
            orders=_rows(folder, "orders", lambda r: Order(int(r["week"]), r["dealer"], float(r["bottles"]))),
            prices=_rows(
                folder,
                "prices",
                lambda r: Price(int(r["week"]), r["place"], int(r["reports"]), float(r["price_index"])),
            ),
        )
    except (OSError, KeyError, ValueError, StopIteration) as error:
        raise DatasetUnreadable(f"{folder}: {type(error).__name__}: {error}") from error


def _dates(row: dict[str, str]) -> tuple[date | None, date | None]:
    return _maybe_day(row.get("valid_from")), _maybe_day(row.get("valid_to"))


def _place(row: dict[str, str]) -> Place:
    return Place(
        row["place"],
        row["name"],
        row["province"],
        float(row["lat"]),
        float(row["lon"]),
        float(row["population"]),
        int(row["stores"]),
        float(row["list_price_index"]),
    )


def _open(folder: Path, name: str) -> IO[str]:
    packed = folder / f"{name}.csv.gz"
    if packed.exists():
        return gzip.open(packed, "rt", encoding="utf-8", newline="")
    return (folder / f"{name}.csv").open(encoding="utf-8", newline="")


def _rows(folder: Path, name: str, make: Callable[[dict[str, str]], Row]) -> tuple[Row, ...]:
    with _open(folder, name) as file:
        return tuple(make(row) for row in csv.DictReader(file))


def _scans(folder: Path) -> tuple[Scan, ...]:
    """The big table, without a dictionary per row."""
    with _open(folder, "scans") as file:
        rows = csv.reader(file)
        header = next(rows)
        if header not in (list(Scan._fields), list(Scan._fields[:-1])):
            raise KeyError(f"scans: columns {header} instead of {list(Scan._fields)}")
        return tuple(Scan(_day(row[0]), *row[1:]) for row in rows)


def read_truth(folder: Path) -> tuple[Episode, ...] | None:
    """The planted episodes, where the folder tells them."""
    if not (folder / "truth_episodes.csv").exists():
        return None
    return _rows(folder, "truth_episodes", _episode)


def _episode(row: dict[str, str]) -> Episode:
    places = frozenset(row["places"].split())
    return Episode(
        row["dealer"],
        frozenset() if "nationwide" in places else places,
        int(row["first_shipment_week"]),
        int(row["first_arrival_week"]),
        int(row["last_arrival_week"]),
        row["codes_scraped"] == "1",
    )


def write(dataset: Dataset, folder: Path) -> None:
    """Write a dataset folder; the same dataset gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in serial.files(dataset):
        (folder / name).write_bytes(data)


def read_alerts(path: Path) -> list[Candidate]:
    """Read an alerts.csv."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return [Candidate(int(r["week"]), r["dealer"], r["place"], float(r["score"])) for r in csv.DictReader(file)]
    except (OSError, KeyError, ValueError) as error:
        raise DatasetUnreadable(f"{path}: {error!r}") from error


def write_alerts(candidates: Iterable[Candidate], path: Path) -> None:
    """Write an alerts.csv, the highest score of each week first."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("week", "dealer", "place", "score"))
        for c in sorted(candidates, key=lambda c: (c.week, -c.score, c.dealer, c.place)):
            table.writerow((c.week, c.dealer, c.place, f"{c.score:.2f}"))

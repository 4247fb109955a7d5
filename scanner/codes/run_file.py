"""A code run as a CSV file, for the printer of labels and for the brand's safe. It holds the secret inner codes."""

import csv
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from scanner.codes.run import Case, CodeRun, assemble
from scanner.codes.serials import check_inner, check_serial
from scanner.errors import Malformed

COLUMNS = ["gtin", "batch", "serial", "inner", "sscc"]


def write_run(run: CodeRun, path: Path) -> None:
    """Write all units, one a line, readable by the owner alone."""
    path.touch(mode=0o600)
    path.chmod(0o600)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows((unit.gtin, unit.batch, unit.serial, unit.inner, unit.sscc) for unit in run.units)


def read_run(path: Path) -> CodeRun:
    """The pair of `write_run`, tree and all. Malformed names the line that cannot be understood."""
    serials, inners = bytearray(), bytearray()
    cases: list[Case] = []
    of: set[tuple[str, str]] = set()
    with path.open(encoding="utf-8", newline="") as file:
        for sscc, rows in groupby(_rows(csv.reader(file)), key=lambda row: row[4]):
            begin = len(cases) and cases[-1].end
            end = begin
            for gtin, batch, serial, inner, _ in rows:
                of.add((gtin, batch))
                serials += serial.encode()
                inners += inner.encode()
                end += 1
            cases.append(Case(sscc, begin, end))
    if len(of) != 1:
        raise Malformed("gtin,batch", f"must be the same in all lines, but there are {len(of)}")
    if len({case.end - case.begin for case in cases[:-1]} | {cases[0].end}) > 1:
        raise Malformed("sscc", "cases but the last must be of one size")
    gtin, batch = of.pop()
    return assemble(gtin, batch, bytes(serials), bytes(inners), tuple(cases))


def _rows(lines: Iterator[list[str]]) -> Iterator[list[str]]:
    if next(lines, None) != COLUMNS:
        raise Malformed("line 1", f"must be {','.join(COLUMNS)}")
    for number, row in enumerate(lines, start=2):
        if len(row) != len(COLUMNS) or not check_serial(row[2]) or not check_inner(row[3]):
            raise Malformed(f"line {number}", "is not a unit with a right serial and inner code")
        yield row

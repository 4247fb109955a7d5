"""What the bench says of itself: its contract's jumps land, its table names each goal, its meters answer."""

import os
from dataclasses import fields
from io import StringIO
from typing import Any

from rich.console import Console

from ledger_indexer.bench.load import emitter_code
from ledger_indexer.bench.processes import cpu_of, peak_mb
from ledger_indexer.bench.report import Figures, show

NO_PROCESS = 2**22 + 1


def figures() -> Figures:
    values: dict[str, Any] = {each.name: 100.0 for each in fields(Figures)}
    return Figures(
        **values | {"machine": "abacus", "events": 7_000, "events_per_s": 40_000, "audit_logs_per_s": 31_000}
    )


def test_the_table_has_each_goal_beside_its_figure() -> None:
    written = StringIO()
    show(figures(), Console(file=written, width=200))
    lines = [line for line in written.getvalue().splitlines() if "events/s" in line or "logs/s" in line]
    assert any(">= 70,000" in line and "40,000" in line for line in lines)
    assert any(">= 25,000" in line and "31,000" in line for line in lines)
    assert "abacus" in written.getvalue()


def test_the_emitters_jumps_land_on_jump_destinations() -> None:
    code = bytes.fromhex(emitter_code()[2:])
    targets = []
    at = 0
    while at < len(code):
        operation = code[at]
        if operation == 0x61 and code[at + 3] == 0x57:  # PUSH2, then JUMPI
            targets.append(int.from_bytes(code[at + 1 : at + 3], "big"))
        at += 1 + (operation - 0x5F if 0x60 <= operation <= 0x7F else 0)
    assert [code[target] for target in targets] == [0x5B, 0x5B]


def test_a_process_has_used_time_and_memory_and_one_that_is_gone_none() -> None:
    assert cpu_of(os.getpid()) > 0
    assert cpu_of(NO_PROCESS) == 0
    assert 10 < peak_mb() < 100_000

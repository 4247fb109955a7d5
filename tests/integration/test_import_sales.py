"""Sales tables come in: real ones and broken ones, once and again."""

import gzip
import json
import os
import random
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker
from typer.testing import CliRunner

from backend.identity import service as identity
from backend.identity.rules import Location, Party
from backend.integrations import service, store
from backend.integrations.rules import ColumnsUnknown
from backend.integrations.service import Summary
from backend.integrations.table import NotATable
from tests.conftest import counted
from tests.kit.people import NOW, enrol, gln

TABLES = ["order_lines_2days", "monthly_sku"] + ["weekly_top200_region"] * bool(os.environ.get("JIULIAN_PROVE"))
pytestmark = pytest.mark.integration
Import = Callable[..., Summary]


@pytest.fixture
def bring(session: Session, now: datetime) -> Import:
    def bring(path: Path, **options: Any) -> Summary:
        return service.import_sales(session, path, now=now, **options)

    return bring


def table(tmp_path: Path, text: str, *, encoding: str = "utf-8", name: str = "sales.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


ROWS = "日期,门店,产品,数量,金额\n2026-03-01,人民路店,云岭陈酿,12,5988.00\n2026-03-02,人民路店,云岭陈酿,6,\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_table_is_read_in_every_common_writing(bring: Import, tmp_path: Path, encoding: str, delimiter: str) -> None:
    summary = bring(table(tmp_path, ROWS.replace(",", delimiter), encoding=encoding))
    assert (summary.rows, summary.accepted, summary.refused, summary.by_month) == (2, 2, 0, {"2026-03": 18})


def test_a_table_that_comes_twice_counts_once(bring: Import, session: Session, tmp_path: Path) -> None:
    path = table(tmp_path, ROWS)
    bring(path)
    again = bring(path)
    assert (again.accepted, again.known, again.bottles) == (0, 2, 0)
    longer = bring(table(tmp_path, ROWS + "2026-03-03,解放街店,云岭陈酿,6,2994\n", name="longer.csv"))
    assert (longer.accepted, longer.known) == (1, 2)
    assert store.bottles_by_month(session) == {"2026-03": 24}
    assert [run["file_name"] for run in store.list_runs(session)] == ["longer.csv", "sales.csv", "sales.csv"]


def test_two_equal_sales_of_one_day_are_two(bring: Import, tmp_path: Path) -> None:
    line = "2026-03-01,人民路店,云岭陈酿,1,499\n"
    summary = bring(table(tmp_path, "日期,门店,产品,数量,金额\n" + line * 3))
    assert (summary.accepted, summary.bottles) == (3, 3)


def test_exactly_the_planted_errors_are_found_and_the_rest_is_taken(bring: Import, tmp_path: Path) -> None:
    chance = random.Random(37)
    rows = [
        [f"2026-0{chance.randint(1, 2)}-{chance.randint(1, 28):02d}", f"店{at % 90}", f"A{at % 40}", "6", "2994.00"]
        for at in range(10_000)
    ]
    broken = chance.sample(range(10_000), 37)
    spoils = [(0, "31/02/2026"), (0, ""), (2, " "), (3, "一打"), (3, "2.5"), (4, "¥¥"), (3, "")]
    for nth, at in enumerate(broken):
        column, text = spoils[nth % len(spoils)]
        rows[at][column] = text
    path = table(tmp_path, "日期,门店,产品,数量,金额\n" + "".join(",".join(row) + "\n" for row in rows))
    summary = bring(path)
    assert (summary.rows, summary.accepted, summary.refused) == (10_000, 9_963, 37)
    assert [each.line for each in summary.errors] == sorted(at + 2 for at in broken)
    assert {each.column for each in summary.errors} == {"日期", "产品", "数量", "金额"}
    assert len(summary.json()["errors"]) == 20


def test_lines_are_counted_as_an_editor_counts_them(bring: Import, tmp_path: Path) -> None:
    text = '日期,产品,数量\n2026-03-01,"两行的\n品名",6\n\n2026-03-02,云岭陈酿,x\n'
    summary = bring(table(tmp_path, text))
    assert (summary.accepted, [each.line for each in summary.errors]) == (1, [5])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"one column\n1\n", "one column only"),
        (b"PK\x03\x04\x00\x00xlsx", "null bytes"),
        (b"\xff\xfe\xfd,\xff\x80", "one column only"),
        (gzip.compress(ROWS.encode() * 9)[:-12], "damaged|ended|end-of-stream"),
        (ROWS.encode() + b"2026-03-03,\xff\xff,x,1,1\n" * 20_000, "UTF-8|utf-8"),
    ],
)
def test_what_is_no_table_is_refused_and_nothing_is_kept(
    bring: Import, session: Session, tmp_path: Path, content: bytes, reason: str
) -> None:
    path = tmp_path / "sales.csv"
    path.write_bytes(content)
    with pytest.raises(NotATable, match=reason), session.begin_nested():
        bring(path)
    assert store.list_runs(session) == []


def test_columns_with_names_of_their_own_are_mapped_by_hand(bring: Import, tmp_path: Path) -> None:
    path = table(tmp_path, "哪天,哪里,什么,几个\n2026-03-01,人民路店,云岭陈酿,12\n")
    with pytest.raises(ColumnsUnknown, match="date, item, bottles"):
        bring(path)
    stated = {"date": "哪天", "store": "哪里", "item": "什么", "bottles": "几个"}
    assert bring(path, stated=stated).bottles == 12


def test_the_command_tells_people_and_programs(
    database_url: str, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from backend.cli import imports as cli
    from backend.settings import Settings

    monkeypatch.setattr(cli, "get_settings", lambda: Settings(home=tmp_path, database_url=database_url))
    good, bad = table(tmp_path, ROWS), table(tmp_path, ROWS + "gone,x,y,1,\n", name="bad.csv")
    run = CliRunner()

    def said(*arguments: str) -> tuple[int, dict[str, Any]]:
        result = run.invoke(cli.app, ["sales", *arguments, "--json"])
        return result.exit_code, json.loads(result.stdout.splitlines()[-1])

    code, summary = said(str(good))
    assert (code, summary["accepted"], summary["by_month"]) == (0, 2, {"2026-03": 18})
    code, summary = said(str(bad))
    assert (code, summary["known"], summary["errors"][0]["line"]) == (1, 2, 4)
    code, summary = said(str(good), "--map", "bottles=件数")
    assert (code, summary["error"]) == (2, "ColumnsUnknown")
    assert counted(engine, "sale_line") == 2


def test_reasons_are_told_whole_and_in_both_languages_and_unknown_stores_by_name(
    database_url: str, sessions: sessionmaker[Session], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from backend.cli import imports as cli
    from backend.settings import Settings

    with sessions.begin() as session:
        enrol(session)
        identity.enrol_party(session, Party(gln(77), "人民路店", frozenset({"store"}), "510100"), now=NOW)
        identity.add_location(session, Location(gln(78), gln(77), "解放街 仓", "510100", 30.6, 104.1))
    stores = ["人民路店", " 人民路 店", "解放街仓", gln(78), "不存在的店", "不存在的店", "[red]Nowhere"]
    rows = "".join(f"2026-03-0{n},{store},云岭陈酿,{n},瓶\n" for n, store in enumerate(stores, 1))
    rows += "2026-03-01,人民路店,云岭陈酿,2,箱\nx,y,z,1,瓶\n"
    path = table(tmp_path, "日期,门店,产品,数量,单位,[备注]\n" + rows.replace("\n", ",\n"))
    monkeypatch.setattr(cli, "get_settings", lambda: Settings(home=tmp_path, database_url=database_url))
    monkeypatch.setattr(cli, "_errors", Console(stderr=True, width=80))
    result = CliRunner().invoke(cli.app, ["sales", str(path), "--json"])
    told = "".join(result.stderr.split())
    for reason in (
        "单位是箱，不是瓶，一箱几瓶表里没有：请加一列「瓶数」，或把数量换算成瓶、单位改成瓶，再导入",
        "how many a 箱 holds is not in the table. Add a column named bottles that counts them",
        "不是 2026-03-18 这样的日期",
        "is not a date like 2026-03-18",
        "line 9 第 9 行 · 单位 · 箱",
        "不认识的门店 2 家，共 3 行，已保留：不存在的店 (2), [red]Nowhere (1)",
        "没有用到的列 · columns that were not read: [备注]",
        "unknown stores: 2 with 3 rows, which are kept",
    ):
        assert "".join(reason.split()) in told
    assert max(cell_len(line) for line in result.stderr.splitlines()) <= 80
    summary = json.loads(result.stdout.splitlines()[-1])
    assert (summary["accepted"], summary["refused"], result.exit_code) == (7, 2, 1)
    assert summary["unknown_stores"] == {"不存在的店": 2, "[red]Nowhere": 1}
    assert (summary["unknown_store_count"], summary["unknown_store_rows"]) == (2, 3)


@pytest.mark.external
@pytest.mark.parametrize("name", TABLES)
def test_the_real_tables_of_iowa_come_in_whole(bring: Import, shared_data: Path, name: str) -> None:
    path = shared_data / "iowa-liquor" / f"{name}.csv.gz"
    summary = bring(path)
    with gzip.open(path, "rt") as file:
        lines = sum(1 for _ in file) - 1
    assert (summary.rows, summary.accepted, summary.known, summary.errors) == (lines, lines, 0, [])
    assert summary.bottles > 0

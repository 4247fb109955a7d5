"""SQL in strings names the tables of its own room alone; an import contract sees to what is imported."""

from pathlib import Path

import pytest

from tests.architecture.sql_text import mirror_written, owners, tables_named

BACKEND = Path(__file__).resolve().parents[2] / "backend"
OWNERS = owners()
OF_NO_ROOM = {
    "db": "the tables, their read-views and their history",
    "bench": "fills whole databases of its own by SQL: captures of that number could not be played",
}


def breaches(room: str, source: str) -> list[str]:
    """Tables of other rooms that the strings of a file name."""
    return sorted(name for name in tables_named(source, OWNERS) if OWNERS[name] != room)


def test_sql_text_names_only_the_tables_of_its_own_room() -> None:
    found, own = {}, 0
    for path in sorted(BACKEND.rglob("*.py")):
        room, source = path.relative_to(BACKEND).parts[0].removesuffix(".py"), path.read_text(encoding="utf-8")
        own += bool(tables_named(source, OWNERS))
        if room not in OF_NO_ROOM and (foreign := breaches(room, source)):
            found[str(path.relative_to(BACKEND))] = foreign
    assert not found, f"read these through backend.db.views (`as_text`) or their owner's service: {found}"
    assert own > 20


@pytest.mark.parametrize(
    "source",
    [
        'text("select 1 from movement")',
        'QUERY = """\nselect *\nfrom shown s\nleft join\n  movement m on m.evidence = s.evidence\n"""',
        'text(f"select count(*) from movement where step in ({steps})")',
        'text("select 1 from known k, movement m")',
        'text("select 1 " + "from public.movement")',
        'text("select 1 " + "from " + which)\nWHICH = ("movement",)',
        '" ".join(["select 1", "from movement"])',
        'text(f"select 1 from {schema}.movement")',
        'text(f"lock table {which} in exclusive mode")\nTABLES = {"movement": ()}',
        'text("delete from %s" % which)\nWHICH = "movement"',
        'text("INSERT INTO movement VALUES (1)")',
        'text("update only movement set line = 0")',
        "text(\"select nextval('movement_number_seq')\")",
        'select(func.nextval("movement_number_seq"))',
        "connection.exec_driver_sql('truncate table \"movement\"')",
        'MOVED = table("movement", column("evidence"))',
        'MOVED = metadata.tables["movement"]',
        'MOVED = metadata.tables.get("movement")',
        'from sqlalchemy import table as t\nMOVED = t("movement")',
        "from backend.db import tables\nMOVED = tables.custody.movement",
        "from backend.db import tables as all_of_them\nMOVED = all_of_them.custody.movement.c.evidence",
        "import backend.db.tables\nMOVED = backend.db.tables.custody.movement",
        'text("copy movement from stdin")',
        'text("copy movement (evidence, line) to stdout")',
        'text("lock movement in share mode")',
        'text("lock table only movement")',
        'text("truncate a, movement")',
        'text("merge into movement m using given g on g.id = m.evidence when matched then delete")',
        'text("analyze movement")',
        'text("vacuum (analyze) movement")',
        'text("select 1 from unnest(:evidences) as k(evidence), movement m")',
        'text("select 1 from (select 1 as one, 2 as two) s, movement m")',
        'text("select 1 from generate_series(1, 2) g, movement")',
        'text("select 1 from a join b on a.id = b.id and f(a.x, b.y), movement m")',
        'text("select 1 from a join b using (evidence), movement m")',
        'text("select 1 from (movement join a on true)")',
        'text("select 1 from ((a join movement m on true) join b on true)")',
        'text("select 1 from -- what moved\\n movement m")',
        'text("select 1 from /* what moved, */ movement m")',
        'text("select 1 from a, lateral (select a.x, 1) l, movement m")',
        'text("select 1 from a k(x), movement m")',
        'text("delete from a using b, movement m where true")',
        'text("update a set x = 1, y = 2 from b, movement m")',
        'text("select x, exists (select 1 from b, movement) from a")',
        'text("create index on movement (evidence)")',
        'text("create trigger t before update on movement execute function f()")',
        "text(\"select 'movement'::regclass\")",
    ],
)
def test_a_table_of_custody_that_orders_read_is_found(source: str) -> None:
    assert breaches("orders", source), source
    assert not breaches("custody", source)


@pytest.mark.parametrize(
    "source",
    [
        '"""Reads what came from movement and select few."""',
        'text(f"select 1 from {MOVED} m")',
        'text("select 1 from mirror.holding")',
        'raise Refused("take it from movement to rest")',
        'KIND = "movement"',
        'text("with told as (select 1) select movement from told")',
        'text("select a.one, movement from told a order by evidence, movement")',
        'text("select movement, one from a join b using (movement) where one is distinct from two")',
        'text("insert into command (id, movement) select id, movement from told")',
        'text("update command set id = 1, movement = 2 where id in (1, 2)")',
        'text("select extract(epoch from at), movement from told for update")',
    ],
)
def test_what_only_sounds_like_a_table_is_none(source: str) -> None:
    assert not breaches("orders", source)


def test_the_mirror_is_written_by_the_indexer_alone() -> None:
    found = {
        str(path.relative_to(BACKEND)): names
        for path in sorted(BACKEND.rglob("*.py"))
        if path.relative_to(BACKEND).parts[0] not in OF_NO_ROOM and (names := mirror_written(path.read_text("utf-8")))
    }
    assert not found


@pytest.mark.parametrize(
    "statement",
    [
        "insert into mirror.holding values (1)",
        "update mirror.holding h set quantity = 0",
        "delete from mirror.holding",
        'truncate "mirror"."holding"',
        "copy mirror.holding from stdin",
        "with gone as (delete from mirror.holding returning *) select 1 from gone",
        "merge into mirror.holding using a on true when matched then delete",
    ],
)
def test_a_statement_that_writes_the_mirror_is_found(statement: str) -> None:
    assert mirror_written(f"text({statement!r})") == {"holding"}
    assert not mirror_written('text("insert into a select 1 from mirror.holding, mirror.cursor")')

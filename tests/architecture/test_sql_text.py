"""SQL in strings names the tables of its own room alone; an import contract sees to what is imported."""

from pathlib import Path

import pytest

from tests.architecture.sql_text import owners, tables_named

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
    ],
)
def test_what_only_sounds_like_a_table_is_none(source: str) -> None:
    assert not breaches("orders", source)

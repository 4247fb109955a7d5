"""The schema's history: it goes up, down and up again, and ends where the models are."""

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, MetaData, inspect

import backend.db.tables  # noqa: F401
from backend.db import migrate
from backend.db.base import metadata
from backend.db.engine import make_engine
from ledger_indexer.mirror.listening import plain_url
from ledger_indexer.rows.tables import metadata as mirror

pytestmark = pytest.mark.integration


@pytest.fixture
def empty_url(postgres_server: str) -> str:
    name = "migrations_test"
    with psycopg.connect(postgres_server.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f"drop database if exists {name} with (force)")
        connection.execute(f"create database {name}")
    return make_engine(postgres_server).url.set(database=name).render_as_string(hide_password=False)


def tables_of(engine: Engine) -> set[str]:
    found = inspect(engine)
    return set(found.get_table_names()) | {f"mirror.{name}" for name in found.get_table_names("mirror")}


def both() -> list[MetaData]:
    return [metadata, mirror]


def test_the_history_goes_up_down_and_up_again(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    engine = make_engine(empty_url)
    full = tables_of(engine)
    assert {"capture", "scan", "alert", "mirror.captured"} <= full
    migrate.downgrade(empty_url)
    assert tables_of(engine) == {"alembic_version"}
    migrate.upgrade(empty_url)
    assert tables_of(engine) == full
    engine.dispose()


def test_raw_logs_survive_being_gathered_by_block_and_spread_again(empty_url: str) -> None:
    columns = "block_number, log_index, tx_hash, tx_index, address, topics, data"
    kept = [(7, at, bytes([at]) * 32, at // 2, b"a" * 20, b"t" * 32 * at, b"") for at in range(3)]
    kept.append((9, 4, b"x" * 32, 0, b"b" * 20, b"", b"d" * 5_000))

    def rows() -> list[tuple[object, ...]]:
        with psycopg.connect(plain_url(empty_url)) as connection:
            return connection.execute(f"select {columns} from mirror.raw_log order by 1, 2").fetchall()

    migrate.upgrade(empty_url, "0002")
    with psycopg.connect(plain_url(empty_url)) as connection, connection.cursor() as cursor:
        cursor.executemany(f"insert into mirror.raw_log ({columns}) values (%s, %s, %s, %s, %s, %s, %s)", kept)
    migrate.upgrade(empty_url)
    assert rows() == kept
    migrate.downgrade(empty_url, "0002")
    assert rows() == kept


def test_an_order_whose_sum_no_column_holds_does_not_stop_the_history(empty_url: str) -> None:
    migrate.upgrade(empty_url, "0025")
    party, moment = "6901234000047", "now()"
    with psycopg.connect(plain_url(empty_url)) as connection:
        for statement in (
            f"insert into party (gln, name, roles, adcode, standing, enrolled_at)"
            f" values ('{party}', 'a dealer', '{{dealer}}', '510100', 'active', {moment})",
            f"insert into location (gln, party, name, adcode, lat, lon)"
            f" values ('{party}', '{party}', 'a place', '510100', 1, 1)",
            "insert into product (gtin, name, name_en, volume_ml, abv_permille, case_size, added_at)"
            f" values ('06901234500011', 'p', 'p', 500, 520, 6, {moment})",
            f"insert into sales_order (id, buyer, seller, location, placed_by, placed_at)"
            f" values (gen_random_uuid(), '{party}', '{party}', '{party}', 'x', {moment})",
            'insert into order_line ("order", gtin, bottles, price_fen)'
            " select id, '06901234500011', 9999996, 1000000000000 from sales_order",
        ):
            connection.execute(statement)
    migrate.upgrade(empty_url)
    with psycopg.connect(plain_url(empty_url)) as connection:
        connection.execute("update order_line set allocated = 6")
        rows = connection.execute("select bottles, allocated, amount_fen from sales_order").fetchall()
    assert rows == [(9_999_996, 6, 2**63 - 1)]


def test_the_models_are_what_the_history_makes(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_schemas": True, "compare_type": True})
        differences = [
            difference for difference in compare_metadata(context, both()) if "alembic_version" not in str(difference)
        ]
    assert differences == []


def test_a_history_entry_cannot_be_rewritten(engine: Engine) -> None:
    with engine.connect() as connection:
        triggers = {
            row.event_object_table
            for row in connection.exec_driver_sql("select event_object_table from information_schema.triggers")
        }
    assert {"capture", "refused_capture", "movement", "leaf", "node", "command"} <= triggers

"""What all tests share: a real PostgreSQL, a database per test, the application over it."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session, sessionmaker

from tests.databases import Once, create_schema, embedded_server, fresh_database, telling_once

ROOT = Path(__file__).resolve().parent.parent

# How long an example takes says how busy the machine is, and nothing of the product.
settings.register_profile("unhurried", settings(), deadline=None)
settings.load_profile("unhurried")

_LONGEST = (
    "test_new_capability.py",
    "test_zoo.py",
    "test_anchoring_crashes.py",
    "test_import_sales.py",
    "test_sanctions_anchored.py",
    "test_standing_parties.py",
    "test_way_of_packed.py",
    "test_embedded_chain_crashes.py",
    "test_custody_vectors.py",
    "test_forged_files.py",
)
_LONGEST_OF_BROWSER = ("test_warehouse.py", "test_compliance.py", "test_consumer.py", "test_new_keys.py")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files come first, so that no core waits for one of them at the end (`--no-loadscope-reorder`); those
    with a browser come last, since its driver keeps an event loop of its own running in the process."""

    def place(item: pytest.Item) -> tuple[bool, int]:
        with_browser, name = item.path.parent.name == "browser", item.path.name
        longest = _LONGEST_OF_BROWSER if with_browser else _LONGEST
        return with_browser, longest.index(name) if name in longest else len(longest)

    items.sort(key=place)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The order in which something failed can be had again."""
    if terminalreporter.stats.keys() & {"failed", "error"}:
        terminalreporter.write_line(f"the order of this run: --randomly-seed={config.getoption('randomly_seed', None)}")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real external data sets; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("JIULIAN_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"external data folder {folder} is absent")
    return folder


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a PostgreSQL server: `TEST_DATABASE_URL`, or an embedded one for this run (one per test worker)."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        yield url
        return
    with embedded_server() as url:
        yield url


@pytest.fixture(scope="session", autouse=True)
def _cheap_passwords() -> None:
    """Passwords are kept by the least of argon2: what it costs as the product is set is a test of its own
    (tests/integration/accounts/test_hashing.py), and no other test pays for it."""
    from pwdlib import PasswordHash
    from pwdlib.hashers.argon2 import Argon2Hasher

    from backend.identity import service
    from backend.identity.passwords import Passwords

    service.passwords = Passwords(PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),)))


@pytest.fixture(scope="session")
def schema(postgres_server: str) -> str:
    """Name of a database with the product's schema (all migrations applied)."""
    return create_schema(postgres_server)


@pytest.fixture(scope="session")
def once(postgres_server: str, schema: str) -> Once:
    """Tells a story once for all tests of this process that begin with it."""
    return telling_once(postgres_server, schema)


@pytest.fixture(scope="session")
def template_database(schema: str) -> str:
    """What each test's database is a copy of; a module whose tests all begin with one story puts its own in this place
    (`once(tell)[0]`, see tests/integration/test_risk_cases.py)."""
    return schema


@pytest.fixture
def database_url(postgres_server: str, template_database: str) -> Iterator[str]:
    """A fresh database with the product's schema; dropped after the test."""
    with fresh_database(postgres_server, template_database) as url:
        yield url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Engine over the test's database."""
    from backend.db.engine import make_engine

    made = make_engine(database_url, pool_size=5)
    yield made
    made.dispose()


@pytest.fixture
def sessions(engine: Engine) -> sessionmaker[Session]:
    """Session factory over the test's database."""
    from backend.db.engine import make_sessions

    return make_sessions(engine)


@pytest.fixture(scope="module")
def shared_engine(postgres_server: str, template_database: str) -> Iterator[Engine]:
    """Engine over a database that a module's tests share, since none of them leaves anything in it."""
    from backend.db.engine import make_engine

    with fresh_database(postgres_server, template_database) as url:
        made = make_engine(url, pool_size=2)
        yield made
        made.dispose()


@pytest.fixture
def session(request: pytest.FixtureRequest) -> Iterator[Session]:
    """One open transaction, rolled back after the test: over the test's own database when it asks for that too, else
    over one that its module shares."""
    own = {"sessions", "engine", "database_url"} & set(request.fixturenames)
    engine: Engine = request.getfixturevalue("engine" if own else "shared_engine")
    with engine.connect() as connection, Session(connection, expire_on_commit=False) as opened:
        if not own:
            event.listen(opened, "before_commit", _refuse)
        yield opened
        opened.rollback()


def _refuse(session: Session) -> None:
    if not session.in_nested_transaction():
        raise AssertionError("a test that commits asks for a database of its own (`sessions`)")


@pytest.fixture
def now() -> datetime:
    """A fixed moment of the trade."""
    return datetime(2026, 3, 18, 4, 0, tzinfo=UTC)


def counted(engine: Engine, table: str) -> int:
    """Rows of a table."""
    with engine.connect() as connection:
        return int(connection.execute(text(f"select count(*) from {table}")).scalar_one())

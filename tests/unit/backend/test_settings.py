"""Settings: each documented, unknown and old names refused with the name that is meant, no value in an error."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from backend.__main__ import main
from backend.settings import Settings, WrongSettings, get_settings, read_settings
from backend.settings.names import GONE, OLD, OTHERS, variables
from backend.settings.page import settings_page
from ledger_indexer import settings as index

ROOT = Path(__file__).resolve().parents[3]
KNOWN = {each.name for each in variables(Settings)} | set(OTHERS)
SECRET = "hunter2hunter2"
KEY = "ab" * 32
Jiulian = Callable[..., tuple[object, str, str]]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in list(os.environ):
        if name.startswith("JIULIAN_") or name == "DATABASE_URL":
            monkeypatch.delenv(name)
    return monkeypatch


def refused(environment: pytest.MonkeyPatch, name: str, value: str = SECRET) -> str:
    environment.setenv(name, value)
    with pytest.raises(WrongSettings) as told:
        read_settings(os.environ)
    return str(told.value)


def test_every_setting_is_documented() -> None:
    for each in variables(Settings):
        assert len(each.text) > 20, each.name
        assert each.text.endswith("."), each.name
    for room in Settings.model_fields.values():
        assert room.description or (getattr(room.annotation, "__doc__", "") or "").endswith("."), room


def test_the_page_of_settings_is_the_settings() -> None:
    assert (ROOT / "docs" / "settings.md").read_text("utf-8") == settings_page()


def test_every_setting_is_read_by_the_product() -> None:
    code = "\n".join(
        path.read_text("utf-8")
        for folder in ("backend", "ledger_indexer")
        for path in (ROOT / folder).rglob("*.py")
        if "settings" not in (path.parent.name, path.stem)
    )
    for each in variables(Settings):
        room = f"{each.room}_" if each.room else ""
        field = each.name.removeprefix("JIULIAN_").lower().removeprefix(room)
        read = rf"settings(\(.*\))?\.{field}\b" if each.room in (None, "index") else rf"\.{each.room}\.{field}\b"
        by_property = each.name in {"JIULIAN_CHAIN_HOME", "JIULIAN_INDEX_WS_URL"}
        assert re.search(read, code) or by_property, f"nobody reads {each.name}"


def test_every_name_in_code_and_pages_is_a_setting_or_known_to_be_an_old_one() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    history = {"CHANGELOG.md", "backend/settings/names.py", "tests/unit/backend/test_settings.py"}
    for name in listed.splitlines():
        path = ROOT / name
        told = path.suffix in {".py", ".md", ".js", ".toml", ".html"} or path.name == "Makefile"
        if told and name not in history and path.is_file():
            found = set(re.findall(r"JIULIAN_[A-Z_]*[A-Z]\b", path.read_text("utf-8")))
            assert found <= KNOWN, f"{name}: {found - KNOWN}"


def test_a_room_s_setting_is_read_by_the_room_s_name(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("JIULIAN_CHAIN_RPC_URL", "http://node.test")
    environment.setenv("JIULIAN_CHAIN_RELAYER_KEYS", json.dumps([KEY]))
    environment.setenv("DATABASE_URL", "postgresql://db.test/one")
    environment.setenv("JIULIAN_WEB_TRUSTED_PROXIES", '["10.0.0.1"]')
    read = read_settings(os.environ)
    assert read.chain.rpc_url == "http://node.test"
    assert [key.get_secret_value() for key in read.chain.relayer_keys] == [KEY]
    assert read.database_url == "postgresql://db.test/one"
    assert read.web.trusted_proxies == ("10.0.0.1",)
    assert read.web.port == 8000


@pytest.mark.parametrize("old", sorted(OLD))
def test_an_old_name_is_refused_with_the_new_one(environment: pytest.MonkeyPatch, old: str) -> None:
    told = refused(environment, old)
    assert OLD[old] in told
    assert OLD[old].split(",")[0] in KNOWN
    assert old not in KNOWN


@pytest.mark.parametrize("gone", sorted(GONE))
def test_a_name_that_nothing_reads_any_more_is_refused_with_the_reason(
    environment: pytest.MonkeyPatch, gone: str
) -> None:
    assert GONE[gone] in refused(environment, gone)


@pytest.mark.parametrize(
    ("wrong", "near"),
    [
        ("JIULIAN_CHAIN_RPC_ULR", "JIULIAN_CHAIN_RPC_URL"),
        ("JIULIAN_CHAIN_RELAYER_KEY", "JIULIAN_CHAIN_RELAYER_KEYS"),
        ("JIULIAN_WEB_TRUSTED_PROXY", "JIULIAN_WEB_TRUSTED_PROXIES"),
        ("JIULIAN_INDEX_RPC_URLS", "JIULIAN_INDEX_RPC_URL"),
        ("jiulian_web_ports", "JIULIAN_WEB_PORT"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest(environment: pytest.MonkeyPatch, wrong: str, near: str) -> None:
    told = refused(environment, wrong)
    assert wrong in told
    assert f"is {near} meant?" in told


@pytest.mark.parametrize("name", ["JIULIAN_XYZZY", "JIULIAN_WEB", "JIULIAN_", "JIULIAN_FOO", "JIULIAN_INDEX_FOO"])
def test_a_name_that_is_near_to_none_is_refused_with_the_list(environment: pytest.MonkeyPatch, name: str) -> None:
    assert refused(environment, name) == f"{name} is no setting. `jiulian settings` lists all."


@pytest.mark.parametrize("name", ["DATABASE_URL", "JIULIAN_DATABASE_URL"])
def test_a_database_that_is_not_postgresql_is_refused_at_start_in_a_line(
    environment: pytest.MonkeyPatch, jiulian: Jiulian, tmp_path: Path, name: str
) -> None:
    environment.chdir(tmp_path)
    environment.setenv(name, f"sqlite:///{SECRET}")
    told = "JIULIAN_DATABASE_URL: the database must be a PostgreSQL, as postgresql://user@host/name.\n"
    assert jiulian("status") == (2, "", told)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(index.WrongSettings, match="must be a PostgreSQL"):
        index.read_settings(os.environ)
    for good in ("postgresql://db.test/one", "postgres://db.test/one", "postgresql+psycopg://db.test/one"):
        environment.setenv(name, good)
        assert read_settings(os.environ).database_url == good


@pytest.mark.parametrize("name", sorted(OTHERS))
def test_what_one_program_or_the_tests_read_is_let_pass(environment: pytest.MonkeyPatch, name: str) -> None:
    environment.setenv(name, "1")
    read_settings(os.environ)


def test_all_wrong_names_are_told_at_once(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("JIULIAN_PORT", "1")
    assert len(refused(environment, "JIULIAN_RPC_URL").splitlines()) == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JIULIAN_CHAIN_RELAYER_KEYS", SECRET),
        ("JIULIAN_CHAIN_RELAYER_KEYS", f'["{SECRET}"]'),
        ("JIULIAN_CHAIN_RELAYER_KEYS", f'{{"key": "{SECRET}"}}'),
        ("JIULIAN_CHAIN_SANCTIONER_KEY", SECRET),
        ("JIULIAN_CHAIN_NODE_URLS", SECRET),
        ("JIULIAN_INDEX_AUDIT_RPC_URLS", SECRET),
        ("JIULIAN_WEB_PORT", SECRET),
        ("JIULIAN_WEB_PORT", "70000"),
        ("JIULIAN_WEB_DEMO_CLOCK", SECRET),
        ("JIULIAN_CHAIN_BUNDLE_AFTER_S", "-1"),
        ("JIULIAN_RPC_URL", f"http://user:{SECRET}@node.test"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_its_name_and_never_repeated(
    environment: pytest.MonkeyPatch, name: str, value: str
) -> None:
    told = refused(environment, name, value)
    assert told.startswith(name)
    assert len(told.splitlines()) == 1
    assert SECRET not in told
    assert value not in told


def test_settings_do_not_show_secrets(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DATABASE_URL", f"postgresql://me:{SECRET}@db.test/one")
    environment.setenv("JIULIAN_CHAIN_RPC_URL", f"https://node.test/v2/{SECRET}")
    environment.setenv("JIULIAN_CHAIN_SANCTIONER_KEY", KEY)
    read = read_settings(os.environ)
    lent = index.read_settings(os.environ)
    for shown in (repr(read), str(read), repr(read.chain), repr(lent)):
        assert SECRET not in shown
        assert KEY not in shown


@pytest.fixture
def jiulian(environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Jiulian]:
    """The command, in this process: its exit code, output and errors."""

    def call(*words: str) -> tuple[object, str, str]:
        environment.setattr(sys, "argv", ["jiulian", *words])
        get_settings.cache_clear()
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return ended.value.code, told.out, told.err

    yield call
    get_settings.cache_clear()


@pytest.mark.parametrize(
    "command",
    [
        "serve",
        "work",
        "demo",
        "index status",
        "index reconcile",
        "chain status",
        "people add a --role admin",
        "capture x.json",
        "import sales x.csv",
        "prove head",
        "units check",
        "bench codes",
    ],
)
def test_a_command_refuses_wrong_settings_at_start_in_a_line(
    environment: pytest.MonkeyPatch, jiulian: Jiulian, command: str
) -> None:
    environment.setenv("JIULIAN_RELAYER_KEY", SECRET)
    told = "JIULIAN_RELAYER_KEY is an old name: it is now JIULIAN_CHAIN_RELAYER_KEYS, a JSON list.\n"
    assert jiulian(*command.split()) == (2, "", told)


def test_a_command_that_needs_no_settings_asks_for_none(
    environment: pytest.MonkeyPatch, jiulian: Jiulian, tmp_path: Path
) -> None:
    environment.setenv("JIULIAN_RELAYER_KEY", SECRET)
    assert jiulian("settings")[:2] == (0, settings_page())
    (tmp_path / "proof").write_text("nothing")
    assert "JIULIAN" not in jiulian("verify", str(tmp_path / "proof"))[2]


def test_the_indexer_by_itself_refuses_its_old_and_unknown_names(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("JIULIAN_CHAIN_RPC_URL", "http://not.its.business")
    environment.setenv("JIULIAN_LOG_FORMAT", "json")
    index.read_settings(os.environ, database_url="postgresql://db.test/one")
    environment.setenv("JIULIAN_RPC_URL", SECRET)
    environment.setenv("JIULIAN_INDEX_WINDOWS", SECRET)
    with pytest.raises(index.WrongSettings) as told:
        index.read_settings(os.environ, database_url="postgresql://db.test/one")
    assert told.value.problems == (
        "JIULIAN_INDEX_WINDOWS is no setting; is JIULIAN_INDEX_WINDOW meant?",
        "JIULIAN_RPC_URL is an old name: it is now JIULIAN_INDEX_RPC_URL.",
    )


def test_an_option_goes_before_the_environment_and_that_before_what_is_lent(environment: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def lend(name: str) -> str:
        asked.append(name)
        return f"http://lent.{name}"

    names = ("rpc_url", "database_url", "deployment", "ws_url")
    token = index.LENT.set({name: partial(lend, name) for name in names})
    try:
        environment.setenv("DATABASE_URL", "postgresql://db.test/one")
        environment.setenv("JIULIAN_INDEX_DEPLOYMENT", "there.json")
        read = index.read_settings(os.environ, rpc_url="http://by.option")
    finally:
        index.LENT.reset(token)
    assert read.rpc_url == "http://by.option"
    assert read.database_url == "postgresql://db.test/one"
    assert read.deployment == Path("there.json")
    assert read.ws_url == "http://lent.ws_url"
    assert asked == ["ws_url"]  # what is not needed is not asked for: to ask for a database starts one


def test_the_indexer_tells_what_it_misses(environment: pytest.MonkeyPatch) -> None:
    with pytest.raises(index.WrongSettings, match="JIULIAN_DATABASE_URL: Field required"):
        index.read_settings(os.environ)

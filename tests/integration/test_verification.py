"""A consumer's looks and reports over PostgreSQL; the proof file against a real node, without the database."""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlalchemy import text as sql
from sqlalchemy.orm import Session, sessionmaker
from typer.testing import CliRunner

from backend.app import create_app
from backend.capture import service as capture
from backend.catalog import service as catalog
from backend.cli.verify import app as verify
from backend.custody import service as custody
from backend.db.engine import make_engine, make_sessions
from backend.settings import Consumers, Settings, Web
from backend.verification import service
from scanner.device.events import Lot
from tests.conftest import counted
from tests.databases import fresh_database
from tests.kit.house import House, Story, open_house, path_of, tell_story
from tests.kit.people import DEALER, GRAIN, LIQUOR, NOW, SPIRIT
from tests.kit.trade import Trade

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def database_url(postgres_server: str, template_database: str) -> Iterator[str]:
    with fresh_database(postgres_server, template_database) as url:
        yield url


@pytest.fixture(scope="module")
def engine(database_url: str) -> Iterator[Engine]:
    made = make_engine(database_url, pool_size=5)
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def sessions(engine: Engine) -> sessionmaker[Session]:
    return make_sessions(engine)


@pytest.fixture(scope="module")
def house(
    tmp_path_factory: pytest.TempPathFactory, database_url: str, sessions: sessionmaker[Session]
) -> Iterator[House]:
    settings = Settings(
        web=Web(demo_clock=True, trusted_proxies=("testclient",)), consumers=Consumers(scans_per_minute=10_000)
    )
    with open_house(tmp_path_factory.mktemp("house"), database_url, sessions, settings=settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def story(house: House) -> Story:
    told = tell_story(house, until=DEALER)
    house.settle()
    return told


@pytest.fixture(scope="module")
def bottles(story: Story) -> Iterator[str]:
    return iter([path_of(unit) for unit in story.gone])


@pytest.fixture
def bottle(bottles: Iterator[str]) -> str:
    return next(bottles)


class Phone:
    """A phone: it keeps its cookies and is somewhere."""

    def __init__(self, house: House, adcode: str | None = None) -> None:
        self.client = TestClient(create_app(house.settings, house.sessions))
        self.adcode = adcode

    def look(self, path: str, *, days: float = 0, once: str | None = None) -> Any:
        headers = {"X-Demo-Now": (NOW + timedelta(days=days)).isoformat(), "Accept": "text/html"}
        headers |= {"X-Edge-Adcode": self.adcode} if self.adcode else {}
        headers |= {"Idempotency-Key": once} if once else {}
        return self.client.get(path, headers=headers)


def test_your_second_look_is_told_apart_from_another_phone_in_another_city(
    house: House, bottle: str, engine: Engine
) -> None:
    before = counted(engine, "scan")
    mine, other = Phone(house, "330100"), Phone(house, "510100")
    assert "您第一次查看这瓶酒" in mine.look(bottle).text
    assert "您第一次查看这瓶酒" in mine.look(bottle).text, "a reload is the same look"
    other.look(bottle, days=1)
    page = mine.look(bottle, days=2).text
    assert "您第 2 次查看这瓶酒" in page
    assert "此前另有 1 部手机查看过（成都市）" in page
    assert counted(engine, "scan") == before + 3


def test_the_same_request_again_records_nothing_new(house: House, bottle: str, engine: Engine) -> None:
    before = counted(engine, "scan"), counted(engine, "leaf_record")
    phone = Phone(house)
    for _ in range(3):
        assert phone.look(bottle, once="look-1").status_code == 200
    assert (counted(engine, "scan"), counted(engine, "leaf_record")) == (before[0] + 1, before[1] + 1)


def test_a_bottle_scanned_everywhere_is_doubted_without_being_called_fake(house: House, bottle: str) -> None:
    for adcode in ("110000", "440100", "330100"):
        Phone(house, adcode).look(bottle)
    page = Phone(house, "510100").look(bottle).text
    assert "疑" in page
    assert "这个编码在多个城市被查看过" in page
    assert "假酒" not in page


def test_a_bottle_that_never_left_is_doubted(house: House, story: Story) -> None:
    assert "账本上这瓶酒还没有出厂" in Phone(house).look(path_of(story.kept[0])).text


def test_a_code_without_its_batch_leads_to_its_bottle_and_a_wrong_batch_to_none(house: House, bottle: str) -> None:
    batchless = bottle.replace("/10/B2601", "")
    phone = Phone(house)
    assert phone.look(batchless).url.path == bottle
    wrong = phone.look(bottle.replace("B2601", "B9999"))
    assert (wrong.status_code, "账本里没有这个编码" in wrong.text) == (404, True)
    assert "最后一位的校验不对" in phone.look(bottle[:-1] + ("A" if bottle[-1] != "A" else "B")).text


def test_a_report_sent_twice_is_kept_once(house: House, bottle: str, engine: Engine) -> None:
    before = counted(engine, "price_report")
    client = Phone(house).client
    form = {"price_yuan": "288.5", "adcode": "440100", "shop": "", "note": ""}
    tickets = {
        client.post(f"{bottle}/report", data=form, headers={"Idempotency-Key": "r1"}).text.partition("serial")[2][:60]
        for _ in range(2)
    }
    assert len(tickets) == 1
    assert counted(engine, "price_report") == before + 1
    assert client.post(f"{bottle}/report", data={**form, "adcode": "999999"}).status_code == 422
    assert client.post(f"{bottle}/report", data={**form, "price_yuan": "很贵"}).status_code == 422
    with house.sessions() as session:
        every = service.list_price_reports(session, NOW - timedelta(days=1), NOW + timedelta(days=9999))
    (report,) = (each for each in every if bottle.endswith(each.serial))
    assert (report.price_fen, report.adcode) == (28_850, "440100")


@pytest.mark.parametrize(
    ("said", "field", "why"),
    [
        (
            {"price_yuan": "399,0"},
            "price_yuan",
            "看不懂这个价格：逗号的位置不像千位，也不像小数。请写成 399、399.50 或 1,299。",
        ),
        ({"price_yuan": "约399"}, "price_yuan", "除了数字还有别的字"),
        ({"price_yuan": "399,000"}, "price_yuan", "0 到 10 万之间"),
        ({"adcode": ""}, "adcode", "请选择购买的城市"),
        ({"shop": "店" * 121}, "shop", "文字太长"),
    ],
)
def test_a_refused_report_is_told_at_its_field_and_keeps_the_form(
    house: House, bottle: str, said: dict[str, str], field: str, why: str
) -> None:
    form = {"price_yuan": "３９９元", "adcode": "440100", "shop": "街角小店", "note": "比别处便宜一半", **said}
    answer = Phone(house).client.post(f"{bottle}/report", data=form, headers={"Accept-Language": "zh-CN"})
    assert answer.status_code == 422
    assert why in answer.text
    for name, value in form.items():
        assert value in answer.text, name
    before = answer.text.partition("autofocus")[0]
    assert f'name="{field}"' in before[before.rindex("<") :]


def test_a_price_with_a_decimal_comma_is_not_read_as_a_hundred_times_as_much(
    house: House, bottle: str, engine: Engine
) -> None:
    client = Phone(house).client
    for number, (text, fen) in enumerate({"399,00": 39_900, "３９９元": 39_900, "￥1,299": 129_900}.items()):
        form = {"price_yuan": text, "adcode": "440100"}
        sent = client.post(f"{bottle}/report", data=form, headers={"Idempotency-Key": f"comma-{number}"})
        assert sent.status_code == 200
        with engine.connect() as connection:
            kept = connection.execute(sql("select price_fen from price_report order by id desc limit 1")).scalar_one()
        assert kept == fen


def test_old_scans_are_forgotten_and_their_evidence_stays(house: House, bottle: str, engine: Engine) -> None:
    Phone(house).look(bottle, days=-400)
    kept = counted(engine, "leaf_record")
    with house.sessions.begin() as session:
        assert service.forget_old_scans(session, days=90, now=NOW - timedelta(days=300)) == 1
    assert counted(engine, "leaf_record") == kept


@pytest.fixture
def proof(house: House, bottle: str, tmp_path: Path) -> Path:
    path = tmp_path / "bottle.tlog-proof"
    path.write_text(Phone(house).look(bottle + "/proof.txt").text)
    return path


def verified(path: Path, rpc: str) -> tuple[int, dict[str, Any]]:
    outcome = CliRunner().invoke(verify, [str(path), "--rpc", rpc, "--json"])
    return outcome.exit_code, json.loads(outcome.stdout)


def test_a_proof_file_holds_against_the_node_alone(house: House, story: Story, proof: Path) -> None:
    code, answer = verified(proof, house.node)
    assert (code, answer["holds"]) == (0, True), answer
    assert answer["sscc"] == story.gone[0].sscc
    told = CliRunner().invoke(verify, [str(proof), "--rpc", house.node]).stdout
    assert told.startswith(f"The proof holds: bottle {answer['serial']} belongs to batch B2601")


def _edited(path: Path, **changes: Any) -> Path:
    lines = path.read_text().split("\n")
    extra = json.loads(b64decode(lines[1].removeprefix("extra ")))
    extra |= changes
    lines[1] = "extra " + b64encode(json.dumps(extra, separators=(",", ":")).encode()).decode()
    path.write_text("\n".join(lines))
    return path


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"leaf": "0x" + b'{"batch":"B2601"}'.hex()}, "not about a bottle"),
        ({"chain_id": 1}, "the checkpoint is of jiulian/"),
        ({"contract": "0x" + "12" * 20}, "no such contract at 0x1212"),
        ({"block": 999_999}, "the transaction is in block"),
        ({"transaction": "0x" + "34" * 32}, "no transaction"),
    ],
)
def test_an_edited_proof_file_does_not_hold(house: House, proof: Path, changes: dict[str, Any], reason: str) -> None:
    code, answer = verified(_edited(proof, **changes), house.node)
    assert (code, answer["holds"]) == (1, False)
    assert reason in answer["reason"]


def test_another_bottles_code_does_not_lead_to_the_root(house: House, proof: Path) -> None:
    lines = proof.read_text().split("\n")
    leaf = bytes.fromhex(json.loads(b64decode(lines[1].removeprefix("extra ")))["leaf"][2:])
    bottle = json.loads(leaf) | {"serial": "AAAAAAAAAAAAAA"}
    code, answer = verified(_edited(proof, leaf="0x" + json.dumps(bottle).encode().hex()), house.node)
    assert (code, answer["reason"]) == (1, "the code does not lead to the root in the file")


def test_a_silent_node_says_nothing_either_way(proof: Path) -> None:
    code, answer = verified(proof, "http://127.0.0.1:9")
    assert (code, answer["holds"]) == (3, None)


def test_a_proof_names_no_other_bottle_and_no_person(house: House, bottle: str, story: Story) -> None:
    text = Phone(house).look(bottle + "/proof").text
    assert [unit.serial for unit in story.gone if unit.serial in text] == [bottle.rpartition("/")[2]]
    assert "party " not in text


def test_a_bottle_made_of_very_many_batches_is_told_in_part_and_says_so(house: House, bottle: str) -> None:
    with house.sessions.begin() as session:
        trade = Trade(session, at=NOW - timedelta(days=60), domain=capture.load_domain(house.settings.deployment_path))
        spirits = [Lot(SPIRIT, f"SP{k}", 1000, "LTR") for k in range(4)]
        for k, spirit in enumerate(spirits):
            used = [Lot(GRAIN, f"H{k}-{n}", 1000, "KGM") for n in range(50)]
            for each in used:
                trade.harvest(each.batch, 1000)
            trade.make("distil", used, spirit)
        trade.make("bottle", spirits, Lot(LIQUOR, "BIG", 12))
        unit = catalog.find_unit(session, LIQUOR, trade.codes("BIG", 12).units[0].serial)
        assert unit is not None
        told = service.proof(session, unit, house.deployment)
    batches = {each["event"]["bizStep"]: 0 for each in told["history"]}
    for each in told["history"]:
        batches[each["event"]["bizStep"]] += 1
    assert told["goes_further_back"] is True
    nearest = {"jl:bottle": 1, "jl:distil": 4, "jl:harvest": custody.ANCESTORS_MAX - 5, "commissioning": 1}
    assert batches == nearest, "the nearest are told"
    words = "只列出和核对了离它最近的 200 批"
    for page in ("", "/check"):
        assert words in Phone(house).look(path_of(unit) + page).text
        assert words not in Phone(house).look(bottle + page).text
    with house.sessions() as session:
        plain = service.proof(session, service.get_unit(session, LIQUOR, bottle.rpartition("/")[2]), house.deployment)
    assert plain["goes_further_back"] is False

"""Pages of batches and of evidence, for people who oversee."""

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker

from backend.app import create_app
from backend.capture import service as capture
from backend.capture.gateway import PARTY as GATEWAY
from backend.db.engine import transaction
from backend.identity import service as identity
from backend.settings import Settings
from backend.units import store_findings
from backend.units.told import Contradiction, Finding
from scanner.device import events
from scanner.device.events import Lot
from scanner.gs1.digital_link import CANONICAL_STEM as GS1
from tests.kit.people import BRAND, DEALER, LIQUOR, NOW, OTHER_DEALER, PRODUCT, STORE, enrol, sscc
from tests.kit.trade import Trade, bottle_of

pytestmark = pytest.mark.integration
PASSWORD = "quite-a-secret"
HTML = {"accept": "text/html"}


@pytest.fixture
def client(tmp_path: Path, sessions: sessionmaker[Session], database_url: str) -> Iterator[TestClient]:
    with transaction(sessions) as session:
        enrol(session)
        identity.add_user(session, "auditor", PASSWORD, ["auditor"])
        identity.add_user(session, "dealer", PASSWORD, ["dealer"], DEALER)
        trade = Trade(session, domain=capture.NO_CHAIN)
        trade.bottle(quantity=120)
        trade.move(60, to=DEALER)
        trade.ship(24, to=STORE, by=DEALER)
        trade.bottle("B2/1", quantity=60)
        trade.submit(events.recall(trade.place(BRAND), Lot(LIQUOR, "B2/1", 0)), by=BRAND)
    with TestClient(create_app(Settings(home=tmp_path, database_url=database_url), sessions)) as made:
        yield made


def get(client: TestClient, path: str, *, name: str = "auditor", html: bool = False):  # type: ignore[no-untyped-def]
    token = client.post("/login", data={"name": name, "password": PASSWORD}).json()["token"]
    return client.get(path, headers={"Authorization": f"Bearer {token}"} | (HTML if html else {}))


def test_every_batch_is_listed_with_where_its_units_are(client: TestClient) -> None:
    listed = {each["batch"]: each for each in get(client, "/batches").json()}
    assert set(listed) == {"B1", "B2/1", "G-B1", "S-B1", "G-B2/1", "S-B2/1"}
    assert {name: listed["B1"][name] for name in ("born", "held", "in_transit")} == {
        "born": 120,
        "held": 96,
        "in_transit": 24,
    }
    assert (listed["G-B1"]["kind"], listed["S-B1"]["kind"]) == ("grain", "spirit")


def test_a_recalled_batch_stands_out_and_can_be_picked(client: TestClient) -> None:
    picked = get(client, "/batches?kind=recalled")
    assert [each["batch"] for each in picked.json()] == ["B2/1"]
    assert "已召回" in get(client, "/batches?kind=recalled", html=True).text


def test_a_batch_tells_who_holds_it_and_each_step_with_its_evidence(client: TestClient) -> None:
    told = get(client, f"/batches/{LIQUOR}/B1").json()
    assert told["holdings"] == [{"party": BRAND, "held": 60}, {"party": DEALER, "held": 36}]
    assert [each["step"] for each in told["steps"]] == ["ship", "receive", "ship", "bottle"]
    assert [each["batch"] for each in told["made_of"]] == ["S-B1"]
    assert {each["state"] for each in told["steps"]} == {"captured"}
    page = get(client, f"/batches/{LIQUOR}/B1", html=True).text
    assert told["steps"][0]["evidence"][:8] in page


def test_grain_and_spirit_are_called_by_what_they_are_and_not_by_a_number(client: TestClient) -> None:
    listed = get(client, "/batches?sort=batch", html=True).text
    assert listed.count("<small>粮与醅</small>") == listed.count("<small>基酒</small>") == 2
    told = {each["batch"]: each for each in get(client, "/batches").json()}
    for name, called in (("G-B1", "粮与醅"), ("S-B1", "基酒")):
        heading = get(client, f"/batches/{told[name]['gtin']}/{name}", html=True).text.partition("<h1")[2]
        assert called in heading.partition("</h1>")[0]
    made_of = get(client, f"/batches/{LIQUOR}/B1", html=True).text.partition("用料")[2]
    assert "基酒" in made_of.partition("</ul>")[0]
    file = csv.reader(io.StringIO(get(client, "/batches?format=csv&sort=batch").text.removeprefix("\ufeff")))
    assert [row[2] for row in file if row[0].startswith(("G-", "S-"))] == ["粮与醅", "粮与醅", "基酒", "基酒"]


def test_what_was_told_late_says_so(client: TestClient, sessions: sessionmaker[Session]) -> None:
    before = get(client, f"/batches/{LIQUOR}/B1", html=True).text
    with transaction(sessions) as session:
        late = Trade(session, at=NOW - timedelta(days=3), domain=capture.NO_CHAIN, told_at=NOW)
        late.ship(1, to=OTHER_DEALER)
    told = get(client, f"/batches/{LIQUOR}/B1", html=True).text
    assert "补报" not in before
    assert told.count(">补报<") == 1
    assert ">told late<" in get(client, f"/batches/{LIQUOR}/B1?lang=en", html=True).text


def test_a_batch_with_a_slash_in_its_number_has_a_page(client: TestClient) -> None:
    assert get(client, f"/batches/{LIQUOR}/B2%2F1", html=True).status_code == 200


def test_evidence_has_a_page_with_what_the_device_said(client: TestClient) -> None:
    evidence = get(client, f"/batches/{LIQUOR}/B1").json()["steps"][0]["evidence"]
    page = get(client, f"/captures/{evidence}", html=True)
    assert page.status_code == 200
    assert "shipping" in page.text


def test_others_do_not_look_into_batches(client: TestClient) -> None:
    assert get(client, "/batches", name="dealer").status_code == 403
    assert get(client, f"/batches/{LIQUOR}/NONE").status_code == 404


def test_what_cannot_be_true_is_shown_with_both_events(client: TestClient, sessions: sessionmaker[Session]) -> None:
    assert "没有矛盾" in get(client, "/findings", html=True).text
    with transaction(sessions) as session:
        trade = Trade(session, domain=capture.NO_CHAIN, at=NOW)
        trade.bottle("B8", quantity=12)
        run = trade.codes("B8", quantity=12)
        bottle = bottle_of(run, 0).uri
        seen = {**events.pack(trade.place(BRAND), sscc(88_000_000), [bottle]), "action": "OBSERVE"}
        evidence = trade.submit(seen, by=BRAND).evidence
    (found,) = get(client, "/findings").json()
    assert (found["kind"], found["unit"], found["evidence"]) == ("NotInside", bottle, evidence.hex())
    page = get(client, "/findings", html=True).text
    assert f"/captures/{evidence.hex()}" in page
    assert f"/captures/{found['against']}" in page
    english = get(client, "/findings?lang=en", html=True).text
    assert "Not in that case" in english
    assert "1 contradiction<" in english
    assert get(client, "/findings", name="dealer").status_code == 403
    batch, serial = f'href="/batches/{LIQUOR}/B8"', bottle.rpartition("/")[2]
    assert batch in page
    assert f'href="/01/{LIQUOR}/21/{serial}"' in page
    assert client.get(f"/01/{LIQUOR}/21/{serial}").status_code == 200
    assert PRODUCT.name in page.partition("<tbody")[2]
    assert "gateway" not in page


def test_contradictions_are_narrowed_by_teller_kind_and_batch_and_turned_page_by_page(
    client: TestClient, sessions: sessionmaker[Session]
) -> None:
    with transaction(sessions) as session:
        identity.enrol_party(session, GATEWAY, now=NOW)
        trade = Trade(session, domain=capture.NO_CHAIN, at=NOW)
        trade.bottle("B8", quantity=12)
        run = trade.codes("B8", quantity=12)
        evidence = trade.submit(events.recall(trade.place(BRAND), Lot(LIQUOR, "B8", 0)), by=BRAND).evidence
        units = [f"{GS1}/01/{LIQUOR}/21/X{n:03}" for n in range(120)]
        named = {
            bottle_of(run, 0).uri: BRAND,
            f"{GS1}/00/{run.units[0].sscc}": BRAND,
            f"{GS1}/01/{LIQUOR}/10/B8": GATEWAY.gln,
            f"{GS1}/01/{LIQUOR}/10/B81": GATEWAY.gln,
            "urn:of:nobody": GATEWAY.gln,
        }
        for unit, party in named.items():
            store_findings.add_findings(session, evidence, party, [Finding(Contradiction.GONE, unit, None, {})], NOW)
        many = [Finding(Contradiction.NOT_INSIDE, unit, None, {}) for unit in units]
        store_findings.add_findings(session, evidence, GATEWAY.gln, many, NOW)

    token = client.post("/login", data={"name": "auditor", "password": PASSWORD}).json()["token"]
    client.headers["Authorization"] = f"Bearer {token}"

    def rows(query: str) -> int:
        return client.get(f"/findings?{query}", headers=HTML).text.count('<th scope="row">')

    assert "矛盾记录 125 条" in client.get("/findings", headers=HTML).text
    assert [rows(f"page_number={n}") for n in (1, 2, 3, 4)] == [50, 50, 25, 0]
    assert (rows("kind=Gone"), rows(f"party={BRAND}"), rows(f"party={GATEWAY.gln}&kind=Gone")) == (5, 2, 3)
    assert (rows("batch=B8"), rows("batch=B81"), rows("batch=B"), rows("batch=%25")) == (3, 1, 0, 0)
    assert (rows("batch=b8"), rows("batch=Ｂ８"), rows("batch=%20ｂ８１%E3%80%80")) == (3, 3, 1)
    page = client.get("/findings?party=&kind=NotInside&batch=", headers=HTML).text
    assert "?kind=NotInside&amp;page_number=2" in page
    assert "外来单据（网关转交）" in page.partition("<tbody")[2]
    assert "没有符合条件的矛盾记录" in client.get("/findings?batch=NONE", headers=HTML).text
    assert len(client.get("/findings?kind=Gone&batch=B8").json()) == 3


def test_the_headline_tells_the_whole_and_choices_what_they_lead_to(client: TestClient) -> None:
    page = get(client, "/batches?q=B2", html=True).text
    assert "批次 6 个" in page
    assert "全部 <b>3</b>" in page
    assert "共 3 条" in page
    none = get(client, "/batches?q=zzz", html=True).text
    assert "批次 6 个" in none
    assert "全部 <b>0</b>" in none
    assert "矛盾记录 0 条" not in none

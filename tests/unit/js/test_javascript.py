"""The scripts of the consumer's page under Node: trees, canonical JSON, the terms of the ledger, the self-check."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from eth_hash.auto import keccak

from backend.anchoring.rules import LOG
from backend.custody.unit_trail import ANCESTORS_MAX
from backend.verification.reading_files import FILES
from backend.verification.rules import VerdictKind
from backend.verification.schemas import COMMA, SEALS
from backend.web import vocabulary
from ledger_indexer.bindings.abi import contract
from scanner.device.capture import Step
from scanner.device.reading import DEPTH_MAX
from tests.unit.js.truth import FORGED, REVOKED, WAYS, told_truth

HERE = Path(__file__).parent
SCRIPTS = HERE.parents[2] / "backend" / "web" / "static" / "js"


def run_node(test: str, **variables: str) -> None:
    """Run one file of Node's own tests; its report when it fails."""
    node = shutil.which("node")
    assert node, "Node.js is missing: it runs the tests of the pages' scripts"
    outcome = subprocess.run(
        [node, "--import", (HERE / "register.mjs").as_uri(), "--test", str(HERE / test)],
        env={**os.environ, "SCRIPTS": SCRIPTS.as_uri(), **variables},
        capture_output=True,
        text=True,
    )
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


def test_trees_and_canonical_json_give_the_answers_known_to_python_and_solidity() -> None:
    run_node("known_answers.test.mjs", VECTORS=str(HERE.parents[1] / "vectors"))


@pytest.mark.external
def test_inclusion_agrees_with_transparency_dev(shared_data: Path) -> None:
    run_node("transparency_dev.test.mjs", CASES=str(shared_data / "rfc6962-merkle" / "inclusion"))


@pytest.mark.slow
def test_the_self_check_believes_the_truth_and_names_every_lie(tmp_path: Path) -> None:
    world = tmp_path / "truth.json"
    world.write_text(json.dumps({kind: told_truth(kind) for kind in WAYS}))
    forged = tmp_path / "forged.json"
    forged.write_text(json.dumps([[kind, told_truth(kind), what] for kind, (what, _) in FORGED.items()]))
    run_node("selfcheck.test.mjs", TRUTH=str(world), FORGED=str(forged), REVOKED=json.dumps(REVOKED))


@pytest.mark.slow
def test_the_phone_hears_nodes_of_every_manner_to_the_end() -> None:
    run_node("node_manners.test.mjs")


def test_a_phone_may_load_all_that_the_reading_of_events_is_made_of() -> None:
    wanted = {
        name for file in SCRIPTS.glob("*.js") for name in re.findall(r"'\.\./reading/(\w+\.js)'", file.read_text())
    }
    known: set[str] = set()
    while wanted - known:
        known |= wanted
        texts = [FILES[name].read_text("utf-8") for name in wanted]
        wanted = {name for text in texts for name in re.findall(r'from "\./(\w+\.js)"', text)}
    assert known == set(FILES)
    assert not re.search(r'from "/static', FILES["vendor.js"].read_text("utf-8")), "no library goes over the wire"


def _canonical_type(entry: dict[str, Any]) -> str:
    if not entry["type"].startswith("tuple"):
        return str(entry["type"])
    inner = ",".join(_canonical_type(each) for each in entry["components"])
    return f"({inner}){entry['type'].removeprefix('tuple')}"


def test_the_ledgers_interface_in_the_page_is_that_of_the_contract() -> None:
    text = (SCRIPTS / "ledger_constants.js").read_text()
    frozen = dict(re.findall(r"export const (\w+) = '(0x[0-9a-f]+)'", text))
    expected = {}
    wanted = {"Captured", "InputConsumed", "unitsRoot", "recalled", "consignment", "voided"}
    wanted |= {"DeviceEnrolled", "DeviceRevoked", "keyOf", "HeadAccepted"}
    for entry in (each for name in ("BatchLedger", "Participants", "EvidenceLog") for each in contract(name).abi):
        if entry.get("name") in wanted:
            signature = f"{entry['name']}({','.join(_canonical_type(each) for each in entry['inputs'])})"
            size = 32 if entry["type"] == "event" else 4
            name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", entry["name"]).upper()
            expected[name] = "0x" + keccak(signature.encode())[:size].hex()
    assert frozen == expected
    assert f"LOG = '{LOG.hex()}'" in text
    assert re.findall(r"'([a-z_]+)'", text) == [step.name.lower() for step in Step]


def test_phones_follow_as_many_packages_and_batches_as_we_do() -> None:
    assert f"const DEPTH_MAX = {DEPTH_MAX};" in (SCRIPTS / "line.js").read_text("utf-8")
    assert f"const ANCESTORS_MAX = {ANCESTORS_MAX};" in (SCRIPTS / "selfcheck.js").read_text("utf-8")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_words_that_phones_compare_are_those_of_the_page(language: str) -> None:
    text = (SCRIPTS / f"consumer_words_{language}.js").read_text()
    block = text.partition("export const steps = {")[2].partition("};")[0]
    assert dict(re.findall(r"(\w+): '([^']+)'", block)) == {
        step: vocabulary.say("consumer_step", step, language) for step in vocabulary.CONSUMER["consumer_step"]
    }
    assert f"export const and = '{COMMA[language]}'" in text


def test_the_seal_that_a_phone_stamps_is_the_one_of_its_verdict() -> None:
    """Also of a code that is unknown, whose page has no bottle to look at."""
    assert f"textContent = '{SEALS[VerdictKind.DOUBT]}'" in (SCRIPTS / "consumer.js").read_text("utf-8")
    unknown = (SCRIPTS.parents[1] / "templates" / "verification" / "unknown.html").read_text("utf-8")
    assert f'data-verdict="{VerdictKind.UNKNOWN}"' in unknown
    assert f'class="seal" aria-hidden="true">{SEALS[VerdictKind.UNKNOWN]}<' in unknown
    assert SEALS.keys() == set(VerdictKind)


@pytest.mark.parametrize("kind", ["words", "doubts"])
def test_every_language_says_the_same_things(kind: str) -> None:
    def names(path: Path) -> list[str]:
        return re.findall(r"^(?:export const |  )(\w+)(?:: \(| =)", path.read_text(), re.M)

    texts = [names(path) for path in sorted(SCRIPTS.glob(f"consumer_{kind}_*.js"))]
    assert texts[0] == texts[1] != []

"""The commands of the scanner: from a batch to printed codes to a signed event."""

import json
from pathlib import Path

import pypdfium2
import pytest
from typer.testing import CliRunner

from scanner.__main__ import app
from scanner.codes.run_file import read_run
from scanner.device.capture import capture_of
from scanner.device.signing import Domain, verify

CAPTURES = Path(__file__).parents[3] / "vectors" / "capture" / "captures.json"
CONTRACT = "0x" + "11" * 20


@pytest.fixture(autouse=True)
def _no_passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JIULIAN_KEY_PASSPHRASE", raising=False)


def say(*arguments: str | Path) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [str(each) for each in arguments])
    return result.exit_code, result.stdout, result.stderr


def made(path: Path, count: int = 7) -> tuple[int, str, str]:
    batch = ("--gtin", "06901234567892", "--batch", "B1", "--count", str(count))
    return say("make", path, *batch, "--json")


def test_codes_are_made_printed_and_read_back(tmp_path: Path) -> None:
    run, pdf, png = (tmp_path / name for name in ("run.csv", "sheet.pdf", "sheet.png"))
    code, out, _ = made(run)
    assert code == 0
    assert json.loads(out)["root"] == "0x" + read_run(run).root.hex()
    code, out, _ = say("sheet", run, pdf, "--domain", "q.example.cn", "--json")
    assert json.loads(out) == {"file": str(pdf), "labels": 7, "pages": 1}
    document = pypdfium2.PdfDocument(pdf)
    document[0].render(scale=300 / 72).to_pil().save(png)
    document.close()
    code, out, _ = say("read", png, "--json")
    links = {f"https://q.example.cn/01/06901234567892/10/B1/21/{unit.serial}" for unit in read_run(run).units}
    assert {each["text"] for each in json.loads(out)["codes"]} == links


def test_codes_are_never_written_over(tmp_path: Path) -> None:
    made(tmp_path / "run.csv")
    before = (tmp_path / "run.csv").read_bytes()
    code, _, error = made(tmp_path / "run.csv")
    assert (code, (tmp_path / "run.csv").read_bytes()) == (1, before)
    assert "never written over" in error


def test_a_new_device_signs_an_event(tmp_path: Path) -> None:
    event = json.loads(CAPTURES.read_text(encoding="utf-8"))["cases"][0]["event"]
    (tmp_path / "event.json").write_text(json.dumps(event))
    say("key", tmp_path / "device.key")
    code, out, _ = say(
        "sign", tmp_path / "event.json", "--key", tmp_path / "device.key", "--chain-id", "31337", "--contract", CONTRACT
    )
    message = json.loads(out)
    signer, signature = (bytes.fromhex(message[name][2:]) for name in ("signer", "signature"))
    assert code == 0
    assert verify(capture_of(message["event"]), signer, signature, Domain(31337, bytes.fromhex(CONTRACT[2:])))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("read", "{}/nothing.png"), "No such file"),
        (("read", "{}/text"), "is not an image"),
        (("sheet", "{}/text", "{}/out.pdf"), "line 1"),
        (("key", "{}/text"), "File exists"),
        (("sign", "{}/text", "--key", "{}/k", "--chain-id", "1", "--contract", CONTRACT), "is not JSON"),
        (("sign", "{}/text", "--key", "{}/k", "--chain-id", "1", "--contract", "0xzz"), "is not hexadecimal"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    (tmp_path / "text").write_text("酒")
    code, _, error = say(*(each.replace("{}", str(tmp_path)) for each in arguments))
    assert code == 1
    assert words in error
    assert "Traceback" not in error

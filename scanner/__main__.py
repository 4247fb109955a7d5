"""The scanner's commands: make codes, print them, read them from an image, sign events."""

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from scanner.codes.run import CodeRun, digital_link, make_run
from scanner.codes.run_file import read_run, write_run
from scanner.codes.scanned import Bottle, Case, Unreadable, read_scan
from scanner.codes.serials import group_inner
from scanner.device.keystore import load_key, save_key
from scanner.device.session import signed_message
from scanner.device.signing import Domain, address_of, new_key
from scanner.errors import Malformed, ScannerError
from scanner.labels.picture import read_picture
from scanner.labels.sheet import Label, Layout, cap_label, sheet, unit_label

PASSPHRASE = "JIULIAN_KEY_PASSPHRASE"  # noqa: S105 - the name of the variable, not its value
Json = Annotated[bool, typer.Option("--json", help="Report as one JSON object on the last line.")]

app = typer.Typer(no_args_is_help=True, help="Make codes, print them, read them, sign events.")


@app.command("make")
def make_codes(
    out: Annotated[Path, typer.Argument(help="CSV file to write; it holds the secret inner codes.")],
    gtin: Annotated[str, typer.Option(help="14 digits.")],
    batch: Annotated[str, typer.Option()],
    count: Annotated[int, typer.Option(help="Bottles.")],
    case_size: Annotated[int, typer.Option(help="Bottles in a case.")] = 6,
    sscc_prefix: Annotated[str, typer.Option(help="Extension digit and company prefix.")] = "",
    first_case: Annotated[int, typer.Option(help="Number of the first case.")] = 0,
    as_json: Json = False,
) -> None:
    """Make the codes of a batch and the root that goes on chain."""
    with _refusals_end():
        if out.exists():
            raise Malformed(str(out), "is there already; codes are never written over")
        prefix = sscc_prefix or "3" + gtin[1:9]
        run = make_run(gtin, batch, count, case_size, prefix, secrets.token_bytes, first_case=first_case)
        write_run(run, out)
        report = {"file": str(out), "units": count, "cases": len(run.cases), "root": "0x" + run.root.hex()}
        _report(report, as_json)


@app.command("sheet")
def make_sheet(
    run_file: Annotated[Path, typer.Argument(help="CSV file of a run.")],
    out: Annotated[Path, typer.Argument(help="PDF file to write.")],
    domain: Annotated[str, typer.Option(help="Domain of the links on the bottles.")] = "id.gs1.org",
    begin: Annotated[int, typer.Option(min=0)] = 0,
    end: Annotated[int | None, typer.Option(help="One past the last unit; all when left out.")] = None,
    cap: Annotated[bool, typer.Option(help="Print the secret inner codes instead.")] = False,
    module_mm: Annotated[float, typer.Option(help="Side of a module in millimetres.")] = 0.4,
    as_json: Json = False,
) -> None:
    """Print label sheets of a run, A4 with 65 labels."""
    with _refusals_end():
        run = read_run(run_file)
        last = len(run.units) if end is None else min(end, len(run.units))
        layout = Layout(module=module_mm)
        out.write_bytes(sheet(_labels(run, domain, range(begin, last), cap), layout))
        labels = max(last - begin, 0)
        _report({"file": str(out), "labels": labels, "pages": -(-labels // layout.per_page)}, as_json)


@app.command("read")
def read_image(
    image: Annotated[Path, typer.Argument(help="Photo or scan with codes on it.")], as_json: Json = False
) -> None:
    """Read all codes in an image."""
    with _refusals_end():
        codes = [asdict(each) | {"is": _named(each.text)} for each in read_picture(image)]
        if as_json:
            typer.echo(json.dumps({"codes": codes}, ensure_ascii=False))
        for each in [] if as_json else codes:
            typer.echo(f"{each['format']}\t{each['text']}")
        if not codes:
            raise Malformed(str(image), "has no code that can be read")


@app.command("key")
def make_key(
    out: Annotated[Path, typer.Argument(help=f"Key file to write; locked when {PASSPHRASE} is set.")],
    as_json: Json = False,
) -> None:
    """Make the key of a new device; enrol its address."""
    with _refusals_end():
        key = new_key(secrets.token_bytes)
        save_key(out, key, os.environ.get(PASSPHRASE), secrets.token_bytes)
        _report({"file": str(out), "signer": "0x" + address_of(key).hex()}, as_json)


@app.command("sign")
def sign_event(
    event: Annotated[Path, typer.Argument(help="One EPCIS 2.0 event as JSON.")],
    key: Annotated[Path, typer.Option(help="Key file of the device.")],
    chain_id: Annotated[int, typer.Option(help="Chain of the ledger.")],
    contract: Annotated[str, typer.Option(help="Address of BatchLedger.")],
    show: Annotated[bool, typer.Option(help="Show the capture instead of the message.")] = False,
) -> None:
    """Sign an event: prints the message for `POST /captures`."""
    with _refusals_end():
        domain = Domain(chain_id, _address(contract))
        capture, message = signed_message(_event(event), load_key(key, os.environ.get(PASSPHRASE)), domain)
        if show:
            typer.echo(json.dumps(asdict(capture), default=lambda value: "0x" + value.hex()))
        else:
            typer.echo(message)


def _named(text: str) -> dict[str, str | None]:
    """What a code names: its kind with its numbers, or why it names nothing."""
    scanned = read_scan(text)
    kind = {Case: "case", Bottle: "bottle", Unreadable: "unknown"}[type(scanned)]
    return {"kind": kind, **asdict(scanned)}


def _labels(run: CodeRun, domain: str, places: range, cap: bool) -> Iterator[Label]:
    for at in places:
        unit = run.units[at]
        link = digital_link(domain, unit.gtin, unit.batch, unit.serial)
        yield cap_label(group_inner(unit.inner)) if cap else unit_label(link, unit.serial, unit.batch, unit.sscc)


def _event(path: Path) -> dict[str, object]:
    try:
        event = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise Malformed(str(path), "is not JSON") from error
    if not isinstance(event, dict):
        raise Malformed(str(path), "is not one event")
    return event


def _address(text: str) -> bytes:
    try:
        return bytes.fromhex(text.removeprefix("0x"))
    except ValueError as error:
        raise Malformed("contract", "is not hexadecimal") from error


def _report(report: dict[str, object], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(report, ensure_ascii=False))
    else:
        typer.echo("\n".join(f"{name}\t{value}" for name, value in report.items()))


@contextmanager
def _refusals_end() -> Iterator[None]:
    """Turn a refusal, or a file that cannot be opened, into one sentence and exit code 1."""
    try:
        yield
    except (ScannerError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


if __name__ == "__main__":
    app()

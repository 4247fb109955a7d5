"""`jiulian verify`: proof files, by mathematics and any node; no database, no settings, no word of ours on trust."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from backend.cli.verify import bottle, heads, rows, way
from backend.cli.verify.asking import NodeSilent
from backend.verification.way_form import is_way, parse_way
from ledger_indexer.bindings.deployments import Deployment
from ledger_indexer.proving.proof_file import DoesNotHold, NotAProof, RowProof, parse

app = typer.Typer()
_NODE = "http://127.0.0.1:8545"
Answer = Mapping[str, object]


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise typer.BadParameter(f"cannot read {path}: {error}") from error
    except UnicodeDecodeError as error:
        raise NotAProof("it is not text") from error


def _pinned(path: Path | None) -> Deployment | None:
    try:
        return None if path is None else Deployment.load(path)
    except (OSError, ValueError) as error:
        raise typer.BadParameter(f"cannot read the deployment {path}: {error}") from error


def _check(text: str, rpc: str | None, pinned: Deployment | None) -> tuple[Answer, str]:
    """What the file shows, and the same in lines: its first character says whether it is JSON with a kind."""
    if not text.startswith("{"):
        of_bottle = bottle.check(text, rpc or _NODE, pinned)
        return {"holds": True, **of_bottle}, bottle.in_lines(of_bottle)
    _require_once(text)
    if is_way(text):
        shown = parse_way(text)
        of_way = way.check(shown, rpc, pinned)
        return {"holds": True, "kind": shown.kind, **of_way}, way.in_lines(of_way)
    proof = parse(text)
    if isinstance(proof, RowProof):
        of_row = rows.check(proof, rpc, pinned)
        return {"holds": True, "kind": proof.kind, **of_row}, rows.in_lines(of_row)
    of_head = heads.check(proof, rpc, pinned)
    return {"holds": True, "kind": proof.kind, **of_head}, heads.in_lines(of_head)


def _require_once(text: str) -> None:
    """No object of a JSON file has a field twice: a person might read the other one."""

    def fields(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise NotAProof("a field of it stands there twice")
        return found

    try:
        json.loads(text, object_pairs_hook=fields)
    except NotAProof:
        raise
    except (ValueError, RecursionError) as error:
        raise NotAProof(f"it is not well-formed: {error}") from error


@app.callback(invoke_without_command=True, context_settings={"allow_interspersed_args": True})
def verify(
    file: Annotated[
        Path,
        typer.Argument(
            help="the proof of a bottle, of the way of a bottle or a case, of a mirrored row, or of an evidence head"
        ),
    ],
    rpc: Annotated[
        str | None,
        typer.Option(
            help="JSON-RPC address of any node of the chain; a bottle's proof needs one and asks "
            f"{_NODE} by default, the others hold without one"
        ),
    ] = None,
    deployment: Annotated[
        Path | None, typer.Option(help="deployment file that you trust: the proof must be of its contracts")
    ] = None,
    json_output: Annotated[bool, typer.Option("--json", help="answer as JSON")] = False,
) -> None:
    """Check a proof file. Exits with 1 when it does not hold, with 3 when a node that was to be asked gives no use."""
    pinned = _pinned(deployment)
    try:
        answer, lines = _check(_read(file), rpc, pinned)
    except NotAProof as error:
        answer, lines = _refusal(False, f"the file is not a proof: {error}")
    except DoesNotHold as error:
        answer, lines = _refusal(False, str(error))
    except NodeSilent as error:
        answer, lines = _refusal(None, str(error))
    typer.echo(json.dumps(answer, ensure_ascii=False) if json_output else lines)
    if not answer["holds"]:
        raise typer.Exit(3 if answer["holds"] is None else 1)


def _refusal(holds: bool | None, reason: str) -> tuple[Answer, str]:
    lines = f"Not checked: {reason}" if holds is None else f"The proof does not hold: {reason}"
    return {"holds": holds, "reason": reason}, lines

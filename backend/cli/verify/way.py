"""The way of a bottle or a case: for each step whose device signed it, by mathematics, and a node's word when named."""

from collections.abc import Iterator

from backend.cli.verify import way_steps
from backend.cli.verify.answers import StepAnswer, WayAnswer
from backend.cli.verify.bottle import bottle_of, code_file, unproved
from backend.cli.verify.way_order import Thing, Way
from backend.cli.verify.way_steps import Shown
from backend.verification.line import Line
from backend.verification.way_form import WayProof
from ledger_indexer.bindings.deployments import Deployment
from ledger_indexer.proving.proof_file import DoesNotHold, NotAProof
from scanner.device.names import batch_id, unit_of
from scanner.errors import Malformed


def check(proof: WayProof, rpc: str | None, deployment: Deployment | None) -> WayAnswer:
    """Who signed each step, once signature, record and enrolment are shown, and that they are steps of one unit.

    Raises:
        DoesNotHold: something is not so; the words name the step and what.
        NotAProof: a field is not even of its form.
        NodeSilent: a node was named and did not answer.
    """
    if not proof.steps:
        raise NotAProof("it proves no step")
    thing = _thing(proof)
    steps: list[Shown] = []
    way = Way(thing)
    for number, step in enumerate(proof.steps, start=1):
        try:
            shown = way_steps.check(step, rpc, deployment)
            about = way.take(number, shown.facts)
        except DoesNotHold as error:
            raise DoesNotHold(f"step {number}: {error}") from error
        shown.answer["about"], shown.answer["rests_on"] = about["about"], about["rests_on"]
        steps.append(shown)
    way.end()
    _require_one_ledger(proof)
    left = [*(unproved(thing.code) if thing.code else ()), *_not_proved(steps, rpc)]
    return {
        "unit": proof.unit,
        "batch": "0x" + thing.batch.hex() if thing.batch else None,
        "steps": [each.answer for each in steps],
        "node": rpc,
        "not_proved": left,
    }


def _not_proved(steps: list[Shown], rpc: str | None) -> list[str]:
    left = dict.fromkeys(what for each in steps for what in each.not_proved)
    return [*left, *_of_packings(steps), *_beyond(rpc)]


def _of_packings(steps: list[Shown]) -> Iterator[str]:
    """A packing is a leaf of the evidence log and no record, so that the chain keeps less of it."""
    for number, each in enumerate(steps, start=1):
        if each.facts.reading.packing is None:
            continue
        resting = [str(at) for at, step in enumerate(steps, start=1) if number in step.answer["rests_on"]]
        by_it = f"; if it was, step {', '.join(resting)} is none of this unit" if resting else ""
        yield (
            f"that the {each.answer['step']} of step {number} was not declared an error: that would be another leaf of "
            f"the log, and neither a file nor a node shows what no leaf says{by_it}"
        )
        yield f"when, before block {each.answer['block']}, the {each.answer['step']} of step {number} was signed"
        yield from (f"that the {each.answer['step']} of step {number} {what}" for what in each.late)


def _beyond(rpc: str | None) -> list[str]:
    """What no file can show."""
    revoked = "that no key was revoked before its step, or enrolled anew: only a whole chain shows what is not there"
    voided = "that no step was declared an error, but where the file says so: only the ledger's present state shows it"
    return [
        *([] if rpc else [revoked, voided]),
        "that no step and no packing was left out of the file",
        "which company a GLN belongs to, and which person held the device",
    ]


def _thing(proof: WayProof) -> Thing:
    try:
        own = unit_of(proof.unit)
        if own.key != proof.unit:
            raise NotAProof(f"the unit is written {proof.unit}, not {own.key}")
        if proof.code is None:
            if not own.is_case:
                raise DoesNotHold("a bottle's way comes with the proof of its code")
            return Thing(Line(own.key), None, None)
        file = code_file(proof.code)
        bottle = bottle_of(file)
        named = unit_of(f"https://id.gs1.org/01/{bottle['gtin']}/21/{bottle['serial']}")
        case = unit_of(f"https://id.gs1.org/00/{bottle['sscc']}")
        batch = batch_id(bottle["gtin"], bottle["batch"])
    except Malformed as error:
        raise NotAProof(str(error)) from error
    if named.key != own.key:
        raise DoesNotHold(f"the code is that of {named.key}, the way that of {own.key}")
    return Thing(Line(own.key, {own.key: case.key}), batch, file)


def _require_one_ledger(proof: WayProof) -> None:
    places = {row.deployment for step in proof.steps for row in step.rows}
    if len(places) > 1:
        raise DoesNotHold("its rows are of different deployments")


def in_lines(answer: WayAnswer) -> str:
    """The answer in lines."""
    lines = [
        "The proof holds for what it shows: each step that the file tells of "
        f"{answer['unit']} was signed by a device of the party named, and recorded."
    ]
    for number, step in enumerate(answer["steps"], start=1):
        lines += _lines_of(number, step)
    if answer["node"]:
        lines.append(
            f"The node at {answer['node']} has these blocks; it shows no key revoked before a record that it signed, "
            "and no record declared an error but where that is said."
        )
    return "\n".join([*lines, *(f"Not proved: {what}." for what in answer["not_proved"])])


def _lines_of(number: int, step: StepAnswer) -> Iterator[str]:
    yield f"  {number}. {step['step']:<10} {step['time']}  by GLN {step['gln']}, party {step['party']}"
    if step["counterparty_gln"]:
        yield f"     with GLN {step['counterparty_gln']}, party {step['counterparty']}"
    gone = f", revoked in block {step['revoked_block']}" if step["revoked_block"] else ""
    yield f"     device {step['device']}, enrolled in block {step['enrolled_block']}{gone}"
    if step["about"] != "unit":
        yield f"     of {'its whole batch' if step['about'] == 'batch' else 'other units of its batch'}"
    if step["rests_on"]:
        packed = ", ".join(map(str, step["rests_on"]))
        yield f"     of this unit by the packing of step {packed} alone, if that was not declared an error"
    if step["voided_block"] is not None:
        yield f"     declared an error in block {step['voided_block']}: it does not count"

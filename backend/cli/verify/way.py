"""The way of a bottle or a case: for each step whose device signed it, by mathematics, and a node's word when named."""

from hashlib import sha256
from typing import Any, NamedTuple

from eth_hash.auto import keccak

from backend.cli.verify import heads, rows
from backend.cli.verify.asking import NodeSilent, ask
from backend.cli.verify.bottle import bottle_of
from backend.verification.line import HANDING, Line
from backend.verification.way_form import Signed, WayProof
from ledger_indexer.bindings.abi import parse_declaration
from ledger_indexer.bindings.deployments import Deployment
from ledger_indexer.bindings.logs import DeviceRevoked
from ledger_indexer.proof_form import DoesNotHold, NotAProof, RowProof, raw
from ledger_indexer.row_proof import check as check_row
from scanner.device import signing
from scanner.device.capture import Capture, captured
from scanner.device.names import batch_id, party_id, unit_of
from scanner.device.reading import Reading, Step, read
from scanner.epcis.canonical import evidence
from scanner.errors import Malformed
from scanner.evidence.proof_file import ProofFile, parse_proof, proves

_LOG = "0x" + sha256(b"jiulian-evidence").hexdigest()
_VOIDED = keccak(b"voided(bytes32)")[:4]
_REVOKED = parse_declaration(DeviceRevoked.declaration).topic0
_AS_TEXT = {"evidence", "batch", "counterparty", "location", "units", "ref"}


class Thing(NamedTuple):
    """What the way is of: the unit with what it lies in, its batch if known, its codes' root."""

    line: Line
    batch: bytes | None
    root: bytes | None


def check(proof: WayProof, rpc: str | None, deployment: Deployment | None) -> dict[str, Any]:
    """Who signed each step, once signature, record and enrolment are shown.

    Raises:
        DoesNotHold: something is not so; the words name the step and what.
        NotAProof: a field is not even of its form.
        NodeSilent: a node was named and did not answer.
    """
    if not proof.steps:
        raise NotAProof("it proves no step")
    thing, told = _thing(proof), []
    left: dict[str, None] = {}
    for number, step in enumerate(proof.steps, start=1):
        try:
            answer = _step(step, thing, rpc, deployment)
        except DoesNotHold as error:
            raise DoesNotHold(f"step {number}: {error}") from error
        left |= dict.fromkeys(answer.pop("not_proved"))
        told.append(answer)
    _require_one_ledger(proof)
    if thing.root is not None and not any(
        each["step"] == "commission" and each["voided_block"] is None for each in told
    ):
        raise DoesNotHold("no step commissions the codes of this batch")
    unit = {"unit": proof.unit, "batch": thing.batch and "0x" + thing.batch.hex()}
    return {**unit, "steps": told, "node": rpc, "not_proved": [*left, *_beyond(rpc)]}


def _beyond(rpc: str | None) -> list[str]:
    """What no file can show."""
    revoked = "that no key was revoked before its step, or enrolled anew: only a whole chain shows what is not there"
    return [
        *([] if rpc else [revoked]),
        "that no step was left out of the file",
        "which company a GLN belongs to, and which person held the device",
    ]


def _thing(proof: WayProof) -> Thing:
    try:
        own = unit_of(proof.unit)
        if proof.code is None:
            if not own.is_case:
                raise DoesNotHold("a bottle's way comes with the proof of its code")
            return Thing(Line(own.key), None, None)
        file = parse_proof(proof.code)
        bottle = bottle_of(file)
        named = unit_of(f"https://id.gs1.org/01/{bottle['gtin']}/21/{bottle['serial']}")
        case = unit_of(f"https://id.gs1.org/00/{bottle['sscc']}")
        batch = batch_id(bottle["gtin"], bottle["batch"])
    except Malformed as error:
        raise NotAProof(str(error)) from error
    if named.key != own.key:
        raise DoesNotHold(f"the code is that of {named.key}, the way that of {own.key}")
    _require_code(file)
    return Thing(Line(own.key, {own.key: case.key}), batch, file.checkpoint.root)


def _require_code(file: ProofFile) -> None:
    if not proves(file):
        raise DoesNotHold("the code does not lead to the root in the file")


def _step(step: Signed, thing: Thing, rpc: str | None, deployment: Deployment | None) -> dict[str, Any]:
    reading, capture = _read(step.event)
    stands = _standing(step, reading, capture, rpc, deployment)
    enrolled = rows.check(step.enrolled, rpc, deployment)
    _require_log(enrolled, "DeviceEnrolled")
    _require_signed(step, capture, enrolled["values"])
    _require_party(step, reading, enrolled["values"])
    _require_in_force(step, enrolled["values"])
    revoked = _require_not_revoked(step, rpc, deployment)
    voided = _voided(step, capture, rpc, deployment)
    _require_about(reading, capture, thing, counts=voided is None)
    return {
        "step": _name(reading),
        "time": stands["time"],
        "block": stands["block"],
        "party": enrolled["values"]["party"],
        "gln": step.gln,
        "device": enrolled["values"]["device"],
        "counterparty": stands["values"]["counterparty"] if reading.counterparty else None,
        "counterparty_gln": reading.counterparty,
        "enrolled_block": enrolled["block"],
        "revoked_block": revoked,
        "voided_block": voided,
        "not_proved": [*stands["not_proved"], *enrolled["not_proved"]],
    }


def _name(reading: Reading) -> str:
    if reading.packing is None:
        return reading.step.name.lower()
    return {"ADD": "pack", "DELETE": "unpack"}.get(reading.packing.action, "observe")


def _standing(
    step: Signed, reading: Reading, capture: Capture, rpc: str | None, deployment: Deployment | None
) -> dict[str, Any]:
    """Where the step stands on chain: a record that says the same, or, of a packing, a leaf of the evidence log."""
    if step.packed is None:
        recorded = rows.check(step.stands, rpc, deployment)
        _require_log(recorded, "Captured")
        _require_same(capture, recorded["values"])
        return recorded
    if reading.packing is None:
        raise DoesNotHold("what stands in the evidence log packs nothing")
    head = heads.check(step.packed, None, deployment)
    if rpc is not None:
        rows.check(step.stands, rpc, deployment)
    if head["log"] != _LOG or head["leaf"] is None or head["leaf"]["data"] != "0x" + capture.evidence.hex():
        raise DoesNotHold("the packing is not the leaf that the head of the evidence log is shown to cover")
    return {**head, "values": {}}


def _voided(step: Signed, capture: Capture, rpc: str | None, deployment: Deployment | None) -> int | None:
    """The block in which the step was declared an error, if the file shows it. A node is asked when it does not."""
    if step.voided is not None:
        gone = rows.check(step.voided, rpc, deployment)
        _require_log(gone, "CaptureVoided")
        if gone["values"]["voids"] != "0x" + capture.evidence.hex():
            raise DoesNotHold("the declaration is that another step was an error")
        return int(gone["block"])
    if rpc is not None and step.recorded is not None:
        data = "0x" + _VOIDED.hex() + capture.evidence.hex()
        if int(str(ask(rpc, "eth_call", {"to": step.recorded.deployment.batch_ledger, "data": data}, "latest")), 16):
            raise DoesNotHold("the node shows that the step was declared an error, and the file does not")
    return None


def _read(event: dict[str, Any]) -> tuple[Reading, Capture]:
    try:
        reading = read(event)
        return reading, captured(evidence(event), reading)
    except Malformed as error:
        raise DoesNotHold(f"the event cannot be read: {error}") from error


def _require_log(row: dict[str, Any], name: str) -> None:
    if row["log"] != name:
        raise DoesNotHold(f"the row is a log {row['log']}, not {name}")


def _require_same(capture: Capture, values: dict[str, str]) -> None:
    """The record says what the signed event says, field by field."""
    for field in ("evidence", "batch", "step", "quantity", "counterparty", "location", "time", "units", "ref"):
        said = getattr(capture, field)
        text = "0x" + said.hex() if field in _AS_TEXT else str(int(said))
        if values[field] != text:
            raise DoesNotHold(f"the event's {field} is {text}, the record's {values[field]}")


def _require_signed(step: Signed, capture: Capture, enrolled: dict[str, str]) -> None:
    signer, signature = raw(step.signer, "signer"), raw(step.signature, "signature")
    at = step.stands.deployment
    device = "0x" + signing.device_id(signer).hex()
    recorded = check_row(step.recorded).values if step.recorded else {**enrolled, "device": device}
    if recorded["device"] != device:
        raise DoesNotHold(f"the record is by device {recorded['device']}, the signer is {device}")
    if enrolled["device"] != device or enrolled["signer"] != step.signer:
        raise DoesNotHold(f"the enrolment is of device {enrolled['device']}, the signer is {device}")
    if enrolled["party"] != recorded["party"]:
        raise DoesNotHold(f"the device is party {enrolled['party']}'s, the record is party {recorded['party']}'s")
    domain = signing.Domain(at.chain_id, raw(at.batch_ledger, "ledger", 20))
    if not signing.verify(capture, signer, signature, domain):
        raise DoesNotHold("the signature is not the signer's over this event")


def _require_party(step: Signed, reading: Reading, values: dict[str, str]) -> None:
    """The GLN is the party's, and the event, where it names who acts, names the same."""
    try:
        party = "0x" + party_id(step.gln).hex()
    except Malformed as error:
        raise NotAProof(str(error)) from error
    if values["party"] != party:
        raise DoesNotHold(f"GLN {step.gln} is party {party}, the device is party {values['party']}'s")
    if reading.actor not in (None, step.gln):
        raise DoesNotHold(f"the event names {reading.actor} as who acts, signed has {step.gln}")


def _require_about(reading: Reading, capture: Capture, thing: Thing, *, counts: bool) -> None:
    """The step speaks of the unit, under a name that it goes under by then, or of its whole batch.

    What was declared an error moves and packs nothing.
    """
    if reading.voids is not None:
        raise DoesNotHold("the event declares that another was an error; it is no step")
    if reading.step in HANDING and not thing.line.concerns(reading):
        raise DoesNotHold(f"the {reading.step.name.lower()} says nothing of this unit")
    if counts:
        thing.line.take(capture.evidence, reading)
    if thing.batch is not None and reading.packing is None and capture.batch != thing.batch:
        raise DoesNotHold(f"the step is of batch 0x{capture.batch.hex()}, not of this bottle's")
    if counts and reading.step is Step.COMMISSION and thing.root is not None and capture.units != thing.root:
        raise DoesNotHold(f"the codes that were commissioned have the root 0x{capture.units.hex()}, not this code's")


def _require_in_force(step: Signed, enrolled: dict[str, str]) -> None:
    """The key was enrolled before the step was recorded, and its notice was over."""
    if _order(step.enrolled) >= _order(step.stands):
        raise DoesNotHold("the key was enrolled only after the step was recorded")
    if int(enrolled["since"]) > step.stands.row.time:
        raise DoesNotHold(f"the key signs from {enrolled['since']} on, the step was recorded at {step.stands.row.time}")


def _order(row: RowProof) -> tuple[int, int, int]:
    return row.block.number, row.transaction.index, row.log.place


def _require_not_revoked(step: Signed, rpc: str | None, deployment: Deployment | None) -> int | None:
    """The block in which the key was silenced later, if the file or the node shows one; never before the step."""
    if step.revoked is not None:
        gone = rows.check(step.revoked, rpc, deployment)
        _require_log(gone, "DeviceRevoked")
        if gone["values"]["device"] != "0x" + signing.device_id(raw(step.signer, "signer")).hex():
            raise DoesNotHold("the revocation is of another device")
        if _order(step.revoked) <= _order(step.stands):
            raise DoesNotHold(f"the key was revoked in block {gone['block']}, before the step was recorded")
        return int(gone["block"])
    if rpc is not None:
        _ask_for_revocations(step, rpc)
    return None


def _ask_for_revocations(step: Signed, rpc: str) -> None:
    at, stands = step.stands.deployment, check_row(step.stands)
    wanted = {
        "fromBlock": hex(at.block),
        "toBlock": hex(stands.block_number),
        "address": at.participants,
        "topics": ["0x" + _REVOKED.hex(), "0x" + signing.device_id(raw(step.signer, "signer")).hex()],
    }
    found = ask(rpc, "eth_getLogs", wanted)
    try:
        before = [log for log in found if _place(log) < (stands.block_number, step.stands.log.index)]
    except (TypeError, KeyError, ValueError) as error:
        raise NodeSilent(f"the node at {rpc} sent logs that cannot be read") from error
    if before:
        raise DoesNotHold(f"the node shows that the key was revoked in block {_place(before[0])[0]}, before the step")


def _place(log: dict[str, Any]) -> tuple[int, int]:
    return int(log["blockNumber"], 16), int(log["logIndex"], 16)


def _require_one_ledger(proof: WayProof) -> None:
    places = {row.deployment for step in proof.steps for row in step.rows}
    if len(places) > 1:
        raise DoesNotHold("its rows are of different deployments")


def told(answer: dict[str, Any]) -> str:
    """The answer in lines."""
    lines = [f"The proof holds: each step of {answer['unit']} was signed by a device of the party named, and recorded."]
    for number, step in enumerate(answer["steps"], start=1):
        lines.append(f"  {number}. {step['step']:<10} {step['time']}  by GLN {step['gln']}, party {step['party']}")
        if step["counterparty_gln"]:
            lines.append(f"     with GLN {step['counterparty_gln']}, party {step['counterparty']}")
        gone = f", revoked in block {step['revoked_block']}" if step["revoked_block"] else ""
        lines.append(f"     device {step['device']}, enrolled in block {step['enrolled_block']}{gone}")
        if step["voided_block"] is not None:
            lines.append(f"     declared an error in block {step['voided_block']}: it does not count")
    asked = [f"The node at {answer['node']} has these blocks, and no earlier revocation."] if answer["node"] else []
    return "\n".join([*lines, *asked, *(f"Not proved: {what}." for what in answer["not_proved"])])

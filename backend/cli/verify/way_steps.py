"""One step of a way by itself: signed by whom, standing where on chain, declared an error or not."""

from hashlib import sha256
from typing import NamedTuple

from eth_hash.auto import keccak

from backend.cli.verify import heads, rows, way_keys
from backend.cli.verify.answers import RowAnswer, StepAnswer
from backend.cli.verify.asking import says
from backend.cli.verify.way_order import StepFacts
from backend.verification.way_form import Signed, order_of
from ledger_indexer.bindings.deployments import Deployment
from ledger_indexer.proving.proof_file import DoesNotHold, NotAProof, raw
from ledger_indexer.proving.row_proof import check_proof
from scanner.device import signing
from scanner.device.capture import Capture, captured
from scanner.device.event_values import Reading
from scanner.device.names import party_id
from scanner.device.reading import read
from scanner.epcis.canonical import evidence
from scanner.errors import Malformed

_LOG = "0x" + sha256(b"jiulian-evidence").hexdigest()
_VOIDED = keccak(b"voided(bytes32)")[:4]
_AS_TEXT = {"evidence", "batch", "counterparty", "location", "units", "ref"}


class _Standing(NamedTuple):
    """Where a step stands on chain: the record's time, block and counterparty (its id), and what is not proved."""

    time: str
    block: int
    counterparty: str | None
    not_proved: list[str]


class Shown(NamedTuple):
    """What is shown of a step by itself. `late`: what is not, of its key; `not_proved`: of its rows."""

    facts: StepFacts
    answer: StepAnswer
    late: list[str]
    not_proved: list[str]


def check(step: Signed, rpc: str | None, deployment: Deployment | None) -> Shown:
    """Who signed a step, once signature, record or leaf, and enrolment are shown.

    Raises:
        DoesNotHold: something is not so.
        NotAProof: a field is not even of its form.
        NodeSilent: a node was named and did not answer.
    """
    reading, capture = _read(step.event)
    stands = _standing(step, reading, capture, rpc, deployment)
    enrolled = rows.check(step.enrolled, rpc, deployment)
    _require_log(enrolled, "DeviceEnrolled")
    _require_signed(step, capture, enrolled["values"])
    _require_party(step, reading, enrolled["values"])
    key = way_keys.judge(step, enrolled["values"], rpc, deployment)
    gone = _voided(step, capture, rpc, deployment)
    answer: StepAnswer = {
        "step": _name(reading),
        "time": stands.time,
        "block": stands.block,
        "party": enrolled["values"]["party"],
        "gln": step.gln,
        "device": enrolled["values"]["device"],
        "counterparty": stands.counterparty if reading.counterparty else None,
        "counterparty_gln": reading.counterparty,
        "enrolled_block": enrolled["block"],
        "revoked_block": key.revoked_block,
        "voided_block": gone["block"] if gone else None,
    }
    left = [*stands.not_proved, *enrolled["not_proved"], *key.not_proved, *(gone["not_proved"] if gone else ())]
    return Shown(_facts(step, reading, capture, answer), answer, key.late, left)


def _facts(step: Signed, reading: Reading, capture: Capture, answer: StepAnswer) -> StepFacts:
    row = step.stands
    return StepFacts(
        name=answer["step"],
        evidence=capture.evidence,
        reading=reading,
        party=answer["party"],
        batch=capture.batch,
        units=capture.units,
        counts=answer["voided_block"] is None,
        place=order_of(row),
        at=(row.deployment.chain_id, row.deployment.batch_ledger, row.block.number, row.transaction.hash),
        leaf=step.packed.leaf.index if step.packed is not None and step.packed.leaf is not None else None,
    )


def _name(reading: Reading) -> str:
    if reading.packing is None:
        return reading.step.name.lower()
    return {"ADD": "pack", "DELETE": "unpack"}.get(reading.packing.action, "observe")


def _read(event: dict[str, object]) -> tuple[Reading, Capture]:
    try:
        reading = read(event)
        capture = captured(evidence(event), reading)
    except Malformed as error:
        raise DoesNotHold(f"the event cannot be read: {error}") from error
    if reading.voids is not None:
        raise DoesNotHold("the event declares that another was an error; it is no step")
    return reading, capture


def _standing(
    step: Signed, reading: Reading, capture: Capture, rpc: str | None, deployment: Deployment | None
) -> _Standing:
    """Where the step stands on chain: a record that says the same, or, of a packing, a leaf of the evidence log."""
    if step.packed is None:
        recorded = rows.check(step.stands, rpc, deployment)
        _require_log(recorded, "Captured")
        _require_same(capture, recorded["values"])
        counterparty = recorded["values"]["counterparty"]
        return _Standing(recorded["time"], recorded["block"], counterparty, recorded["not_proved"])
    if reading.packing is None:
        raise DoesNotHold("what stands in the evidence log packs nothing")
    head = heads.check(step.packed, None, deployment)
    left = head["not_proved"] if rpc is None else rows.check(step.stands, rpc, deployment)["not_proved"]
    if step.packed.earlier is not None:
        raise NotAProof("a step's head comes without an earlier one")
    if head["log"] != _LOG or head["leaf"] is None or head["leaf"]["data"] != "0x" + capture.evidence.hex():
        raise DoesNotHold("the packing is not the leaf that the head of the evidence log is shown to cover")
    return _Standing(head["time"], head["block"], None, left)


def _voided(step: Signed, capture: Capture, rpc: str | None, deployment: Deployment | None) -> RowAnswer | None:
    """The row that declares the step an error, if the file shows it. A node is asked when it does not."""
    if step.voided is not None:
        gone = rows.check(step.voided, rpc, deployment)
        _require_log(gone, "CaptureVoided")
        if gone["values"]["voids"] != "0x" + capture.evidence.hex():
            raise DoesNotHold("the declaration is that another step was an error")
        return gone
    if rpc is not None and step.recorded is not None:
        data = "0x" + _VOIDED.hex() + capture.evidence.hex()
        if says(rpc, step.recorded.deployment.batch_ledger, data):
            raise DoesNotHold("the node shows that the step was declared an error, and the file does not")
    return None


def _require_log(row: RowAnswer, name: str) -> None:
    if row["log"] != name:
        raise DoesNotHold(f"the row is a log {row['log']}, not {name}")


def _require_same(capture: Capture, values: dict[str, str]) -> None:
    """The record says what the signed event says, field by field."""
    for field in ("evidence", "batch", "step", "quantity", "counterparty", "location", "time", "units", "ref"):
        value = getattr(capture, field)
        text = "0x" + value.hex() if field in _AS_TEXT else str(int(value))
        if values[field] != text:
            raise DoesNotHold(f"the event's {field} is {text}, the record's {values[field]}")


def _require_signed(step: Signed, capture: Capture, enrolled: dict[str, str]) -> None:
    signer, signature = raw(step.signer, "signer"), raw(step.signature, "signature")
    at = step.stands.deployment
    device = "0x" + signing.device_id(signer).hex()
    recorded = check_proof(step.recorded).values if step.recorded else {**enrolled, "device": device}
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

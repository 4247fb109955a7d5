"""Whether a step's key was in force when it was signed, as far as the chain shows it."""

from typing import NamedTuple

from backend.cli.verify import rows
from backend.cli.verify.asking import logs_of
from backend.verification.way_form import Signed, order_of
from ledger_indexer.bindings.abi import parse_declaration
from ledger_indexer.bindings.deployments import Deployment
from ledger_indexer.bindings.logs import DeviceRevoked
from ledger_indexer.proving.proof_file import DoesNotHold, RowProof, raw
from scanner.device import signing

Place = tuple[int, ...]
"""Where something stands on a chain: block first, then its order in it. Only places of one form compare."""
_REVOKED = "0x" + parse_declaration(DeviceRevoked.declaration).topic0.hex()


def is_in_force(enrolled: Place, stands: Place, revoked: Place | None, *, leaf: bool) -> bool:
    """Whether it is shown that the key was not revoked yet: of a record always, or it does not hold.

    A leaf of the evidence log (`leaf`) was signed before its head, by which it stands. Of one whose key was revoked
    before the head nobody can show on which side of the revocation it was signed: it is not shown, and not false.

    Raises:
        DoesNotHold: the key was enrolled only afterwards; or, of a record, revoked before.
    """
    if enrolled >= stands:
        raise DoesNotHold("the key was enrolled only after the step was recorded")
    if revoked is None or revoked < enrolled or revoked > stands:
        return True
    if not leaf:
        raise DoesNotHold(f"the key was revoked in block {revoked[0]}, before the step was recorded")
    return False


class Judged(NamedTuple):
    """The block in which the key was silenced, if the file or the node shows one; what is not shown because of it; and
    what the row that shows it leaves to be believed."""

    revoked_block: int | None
    late: list[str]
    not_proved: list[str]


def judge(step: Signed, enrolled: dict[str, str], rpc: str | None, deployment: Deployment | None) -> Judged:
    """What is shown of a step's key, whose enrolment is.

    Raises:
        DoesNotHold: the key was not in force.
        NodeSilent: a node was named and did not answer.
    """
    if int(enrolled["since"]) > step.stands.row.time:
        raise DoesNotHold(f"the key signs from {enrolled['since']} on, the step was recorded at {step.stands.row.time}")
    leaf, revoked, left, block = step.packed is not None, None, [], None
    if step.revoked is not None:
        left = _require_its_own(step, step.revoked, rpc, deployment)
        revoked, block = order_of(step.revoked), step.revoked.block.number
    shown = is_in_force(order_of(step.enrolled), order_of(step.stands), revoked, leaf=leaf)
    if rpc is not None:
        found = _asked(step, rpc)
        shown = is_in_force(_index_of(step.enrolled), _index_of(step.stands), found, leaf=leaf) and shown
        block = block if found is None else found[0]
    late = f"was signed before its key was revoked in block {block}: its head came only in {step.stands.block.number}"
    return Judged(block, [] if shown else [late], left)


def _require_its_own(step: Signed, row: RowProof, rpc: str | None, deployment: Deployment | None) -> list[str]:
    gone = rows.check(row, rpc, deployment)
    if gone["log"] != "DeviceRevoked":
        raise DoesNotHold(f"the row is a log {gone['log']}, not DeviceRevoked")
    if gone["values"]["device"] != _device(step):
        raise DoesNotHold("the revocation is of another device")
    return gone["not_proved"]


def _asked(step: Signed, rpc: str) -> Place | None:
    """The first revocation of the key since it was enrolled, by the node."""
    at = step.stands.deployment
    found = logs_of(rpc, at.participants, [_REVOKED, _device(step)], at.block)
    return min((log.place for log in found if log.place > _index_of(step.enrolled)), default=None)


def _index_of(row: RowProof) -> tuple[int, int]:
    """Block and index of the log in it, which a node has confirmed."""
    return row.block.number, row.log.index


def _device(step: Signed) -> str:
    return "0x" + signing.device_id(raw(step.signer, "signer")).hex()

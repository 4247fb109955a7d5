"""The file that proves a way: whose device signed each hand-over of a bottle or a case, as strict JSON. Pure."""

import json
from typing import Any

import msgspec

from ledger_indexer.proof_form import ROW_KIND, NotAProof, RowProof

WAY_KIND = "jiulian-way-proof@v1"


class Signed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One step: the event as signed, by which key, whose GLN that is, and the chain's logs that say so.

    `recorded` proves the capture's `Captured`, `enrolled` the `DeviceEnrolled` of its key, and `revoked`, where the key
    was silenced since, its `DeviceRevoked`.
    """

    event: dict[str, Any]
    signer: str
    signature: str
    gln: str
    recorded: RowProof
    enrolled: RowProof
    revoked: RowProof | None = None


class WayProof(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`unit` is the canonical Digital Link of a bottle or a case; `code` a bottle's own proof file, None for a case."""

    kind: str = WAY_KIND
    unit: str
    code: str | None = None
    steps: list[Signed]


def is_way(text: str) -> bool:
    """Whether a JSON file says that it is one of these."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and found.get("kind") == WAY_KIND


def parse_way(text: str) -> WayProof:
    """Read a file.

    Raises:
        NotAProof: it is none; the words name what could not be understood.
    """
    try:
        found = msgspec.json.decode(text, type=WayProof)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotAProof(f"it is not well-formed: {error}") from error
    for step in found.steps:
        for row in (step.recorded, step.enrolled, step.revoked):
            if row is not None and row.kind != ROW_KIND:
                raise NotAProof(f"a step's row is of kind {row.kind!r}, not {ROW_KIND!r}")
    return found


def format_way(proof: WayProof) -> str:
    """The pair of `parse_way`."""
    return json.dumps(msgspec.to_builtins(proof), ensure_ascii=False, indent=1) + "\n"

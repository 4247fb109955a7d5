"""The file that proves a way: whose device signed each hand-over of a bottle or a case, as strict JSON. Pure."""

import json

import msgspec

from ledger_indexer.proving.proof_file import HEAD_KIND, ROW_KIND, HeadProof, NotAProof, RowProof

WAY_KIND = "jiulian-way-proof@v1"


class Signed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One step: the event as signed, by which key, whose GLN that is, and the chain's logs that say so.

    A hand-over has `recorded`, the proof of its `Captured`; a packing, which is but evidence, has `packed`: the head of
    the evidence log that first covered it, with its leaf. `enrolled` proves the `DeviceEnrolled` of the key, `revoked`,
    where the key was silenced since, its `DeviceRevoked`. `voided` is the `CaptureVoided` of a step that was declared
    an error: it is told, and does not count.
    """

    event: dict[str, object]
    signer: str
    signature: str
    gln: str
    recorded: RowProof | None = None
    packed: HeadProof | None = None
    enrolled: RowProof
    revoked: RowProof | None = None
    voided: RowProof | None = None

    @property
    def stands(self) -> RowProof:
        """The row by which the step stands on chain."""
        row = self.packed.anchored if self.packed is not None else self.recorded
        assert row is not None  # parse_way lets no step without one pass
        return row

    @property
    def rows(self) -> list[RowProof]:
        """All rows of the step."""
        return [row for row in (self.stands, self.enrolled, self.revoked, self.voided) if row is not None]


class WayProof(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`unit` is the canonical Digital Link of a bottle or a case; `code` a bottle's own proof file, None for a case."""

    kind: str = WAY_KIND
    unit: str
    code: str | None = None
    steps: list[Signed]


def order_of(row: RowProof) -> tuple[int, int, int]:
    """Where a log stands on chain: block, transaction, log of it; all proven by the row itself."""
    return row.block.number, row.transaction.index, row.log.place


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
        _require_kinds(step)
    return found


def _require_kinds(step: Signed) -> None:
    if (step.recorded is None) == (step.packed is None) or (step.packed is not None and step.voided is not None):
        raise NotAProof("a step is either recorded or packed, and only a recorded one voided")
    if step.packed is not None and step.packed.kind != HEAD_KIND:
        raise NotAProof(f"a step's head is of kind {step.packed.kind!r}, not {HEAD_KIND!r}")
    for row in step.rows:
        if row.kind != ROW_KIND:
            raise NotAProof(f"a step's row is of kind {row.kind!r}, not {ROW_KIND!r}")


def format_way(proof: WayProof) -> str:
    """The pair of `parse_way`."""
    return json.dumps(msgspec.to_builtins(proof), ensure_ascii=False, indent=1) + "\n"

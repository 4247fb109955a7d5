"""A bottle's way as our server proves it and as an honest node remembers it, made without either."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from random import Random
from typing import Any

from scanner.codes.run import make_run
from scanner.codes.serials import INNER_DOMAIN
from scanner.device import events
from scanner.device.capture import capture_of
from scanner.device.events import At, Lot, Parties, case_uri
from scanner.device.names import batch_id, party_id
from scanner.evidence.proof import inclusion_path
from scanner.gs1.check_digit import check_digit

LEDGER = "0x" + "ab" * 20
CHAIN = 20260


def _number(body: str) -> str:
    return body + check_digit(body)


MAKER, KEEPER, DEALER, STORE = (_number(f"69000000{n:04d}") for n in range(4))
WINE, SPIRIT, GRAIN = (_number(f"0690000{n:06d}") for n in range(3))


def told_truth() -> dict[str, Any]:
    """`proof` as our server gives it, `page` as the page states it, `records` of an honest chain."""
    run = make_run(WINE, "B1", 12, 6, "06901234", Random(7).randbytes, first_case=1)
    unit = run.units[4]
    wine, six = Lot(WINE, "B1", 12), Lot(WINE, "B1", 6)
    grain, spirit = Lot(GRAIN, "G1", 30_000, "KGM"), Lot(SPIRIT, "S1", 9_000, "LTR")
    day = iter(datetime(2025, 3, 1, 8, tzinfo=UTC) + timedelta(days=20 * n) for n in range(99))
    said: list[tuple[str, dict[str, Any]]] = [
        (MAKER, events.harvest(At(next(day), MAKER), grain)),
        (MAKER, events.transformation(At(next(day), MAKER), "distil", [grain], spirit)),
        (MAKER, events.age(At(next(day), MAKER), spirit)),
        (MAKER, events.transformation(At(next(day), MAKER), "bottle", [spirit], wine)),
        (MAKER, events.commission(At(next(day), MAKER), wine, run.root)),
    ]
    consignments = {}
    for sender, receiver in ((MAKER, KEEPER), (KEEPER, DEALER), (DEALER, STORE)):
        move, cases = Parties(sender, receiver), [case_uri(unit.sscc)]
        shipment = events.ship(At(next(day), sender), six, move, cases, order="urn:jiulian:order:1")
        evidence = capture_of(shipment).evidence
        consignments[evidence.hex()] = 0
        said += [(sender, shipment), (receiver, events.receive(At(next(day), receiver), six, move, evidence, cases))]
    captures = [(party, event, capture_of(event)) for party, event in said]
    return {
        "page": {
            "gtin": WINE,
            "batch": "B1",
            "serial": unit.serial,
            "chain": str(CHAIN),
            "ledger": LEDGER,
            "verdict": "matches",
        },
        "proof": {
            "unit": {
                "gtin": WINE,
                "batch": "B1",
                "serial": unit.serial,
                "sscc": unit.sscc,
                "inner": _inner_hash(unit.inner),
            },
            "index": unit.index,
            "size": len(run.units),
            "path": [each.hex() for each in inclusion_path(unit.index, len(run.units), run.tree.node)],
            "root": run.root.hex(),
            "history": [
                {
                    "evidence": capture.evidence.hex(),
                    "step": capture.step.name.lower(),
                    "event": event,
                    "state": "final",
                    "block": 10 + index // 4,
                }
                for index, (_, event, capture) in enumerate(captures)
            ],
            "chain": {"id": CHAIN, "ledger": LEDGER},
        },
        "chain": {
            "id": CHAIN,
            "batch": batch_id(WINE, "B1").hex(),
            "unitsRoot": run.root.hex(),
            "open": consignments,
            "records": [_record(party, capture, 10 + i // 4) for i, (party, _, capture) in enumerate(captures)],
        },
    }


def _inner_hash(inner: str) -> str:
    return sha256(INNER_DOMAIN + inner.encode()).hexdigest()


def _record(party: str, capture: Any, block: int) -> dict[str, Any]:
    fields = {
        name: value.hex() if isinstance(value, bytes) else value
        for name, value in asdict(capture).items()
        if name != "inputs"
    }
    inputs = [[each.batch.hex(), each.quantity] for each in capture.inputs]
    return {**fields, "step": int(capture.step), "party": party_id(party).hex(), "block": block, "inputs": inputs}

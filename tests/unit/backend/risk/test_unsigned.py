"""Cases that a dealer never signed for: found, named, weighed less, and marked."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from made_up_trade import Network, Plant, network

from backend.risk import folder
from backend.risk.detectors.unsigned import DOUBT_PERCENT
from backend.risk.features.evidence import gather
from backend.risk.rules import DELIVERED, Dataset, Finding, PlaceFinding
from backend.risk.scoring import score_week
from backend.risk.serial import files, inputs_hash

SEEDS = range(5)


def silent(made: Network, plant: Plant) -> Dataset:
    """The same readings, but the diverter signed for nothing of what surfaced there."""
    scans = (
        s._replace(custody=DELIVERED) if (s.dealer, s.place) == (plant.dealer, plant.place) else s
        for s in made.dataset.scans
    )
    return replace(made.dataset, scans=tuple(scans))


def findings(dataset: Dataset) -> Sequence[Finding]:
    return score_week(gather(dataset), dataset.weeks - 1).findings()


def at(plant: Plant, scored: Sequence[Finding]) -> PlaceFinding:
    own = next(finding for finding in scored if finding.dealer == plant.dealer)
    return next(place for place in own.places if place.place == plant.place)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_a_diverter_who_never_signs_is_found_with_less_weight_and_the_mark(seed: int) -> None:
    print(f"seed {seed}")
    made = network(seed)
    all_signed = findings(made.dataset)
    for plant in made.plants:
        signed, unsigned = at(plant, all_signed), at(plant, findings(silent(made, plant)))
        term = next(term for term in unsigned.terms if term.name == "unsigned")
        positive = sum(t.hundredths for t in unsigned.terms if t.hundredths > 0)
        assert term.numbers["unsigned"] == term.numbers["seen"] > 0
        assert term.hundredths == -round(positive * DOUBT_PERCENT / 100)
        assert unsigned.hundredths == signed.hundredths + term.hundredths, "the score is the sum of what is shown"
        assert all(term.name != "unsigned" for term in signed.terms)


def test_what_custody_rests_on_is_part_of_the_inputs(tmp_path: Path) -> None:
    made = network(0)
    told = silent(made, made.plants[0])
    assert inputs_hash(told) != inputs_hash(made.dataset)
    folder.write(told, tmp_path / "told")
    folder.write(made.dataset, tmp_path / "signed")
    assert inputs_hash(folder.read(tmp_path / "told")) == inputs_hash(told)
    assert inputs_hash(folder.read(tmp_path / "signed")) == inputs_hash(made.dataset)
    columns = dict(files(made.dataset))["scans.csv.gz"]
    assert columns != dict(files(told))["scans.csv.gz"]

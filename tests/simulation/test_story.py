"""The demo's story, played through the application's own routes: what the risk engine makes of it, and its repeat."""

import os
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine, text

from backend.demo.company import Company
from backend.demo.totals import totals

SEEDS = [1, 2, 3, 4, 5] if os.environ.get("JIULIAN_PROVE") else [1]

pytestmark = [pytest.mark.simulation, pytest.mark.slow]


def is_unsigned(place: dict[str, Any]) -> bool:
    """Whether what is found at a place rests on a sender's proof of delivery."""
    return any(term["name"] == "unsigned" for term in place["terms"])


def tried(engine: Engine) -> set[str]:
    """Kinds of captures that were refused and kept."""
    with engine.connect() as connection:
        return set(connection.execute(text("select kind from refused_capture")).scalars())


@pytest.mark.parametrize("seed", SEEDS)
def test_planted_diversions_are_found_and_honest_noise_is_left_alone(
    seed: int, played: Callable[..., Company], engine: Engine
) -> None:
    print(f"story of seed {seed}")
    company = played(seed)
    with engine.connect() as connection:
        alerts = connection.execute(text("select dealer, places from alert where kind = 'diversion'")).all()
    raised = {(alert.dealer, place["adcode"]) for alert in alerts for place in alert.places}
    planted = {(diversion.dealer.gln, diversion.adcode) for diversion in company.plan.diversions}
    assert len(planted) == 5
    assert planted <= raised, "a planted diversion was not found, or put down to another dealer"
    silent = next(diversion.dealer.gln for diversion in company.plan.diversions if not diversion.signs)
    marked = {alert.dealer for alert in alerts for place in alert.places if is_unsigned(place)}
    assert marked == {silent}, "whoever never signed is named with that mark, and nobody else has it"
    assert tried(engine) >= {"SumDiffers", "NotHolder"}, "naming foreign units is refused, and the attempts are kept"
    beside = {alert.dealer for alert in alerts} - {dealer for dealer, _ in planted}
    assert len(beside) <= 2
    with engine.connect() as connection:
        scanned, opened = connection.execute(
            text("select (select count(distinct (gtin, serial)) from scan), (select count(*) from opening)")
        ).one()
    assert 0.2 < opened / scanned < 0.5, "a share of the buyers open what they scan"


@pytest.mark.skipif(len(SEEDS) == 1, reason="make prove; test_crashes plays one story six times")
def test_the_story_played_again_changes_nothing(played: Callable[..., Company], engine: Engine) -> None:
    played(11, scale=0.27)
    first = totals(engine)
    played(11, scale=0.27)
    assert totals(engine) == first

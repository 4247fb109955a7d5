"""The engine on a made-up trade whose truth is known."""

from dataclasses import replace

import numpy as np
from made_up_trade import WEEKS, Network, network

from backend.risk.features.evidence import gather
from backend.risk.scoring import THRESHOLD, Scored, score_week

Case = tuple[Network, Scored]


def test_finds_every_planted_diversion_and_names_the_right_dealer(scored: Case) -> None:
    made, week = scored
    named = {(f.dealer, f.places[0].place) for f in week.findings()}
    assert {(p.dealer, p.place) for p in made.plants} <= named


def test_honest_noise_raises_at_most_two_further_alerts(scored: Case) -> None:
    made, week = scored
    guilty = {p.dealer for p in made.plants}
    assert len([f for f in week.findings() if f.dealer not in guilty]) <= 2


def test_an_approved_transfer_explains_its_bottles_away(scored: Case) -> None:
    made, week = scored
    transfer = made.transfer
    rows = [c for c in week.candidates() if (c.dealer, c.place) == (transfer.dealer, transfer.place)]
    assert all(c.score < THRESHOLD for c in rows)


def test_without_the_approval_the_same_transfer_would_weigh_against_the_dealer(one_scored: Case) -> None:
    made, week = one_scored
    unexplained = score_week(gather(replace(made.dataset, known_flows=())), WEEKS - 1)

    def score(scored: Scored) -> float:
        transfer = made.transfer
        return next(c.score for c in scored.candidates() if (c.dealer, c.place) == (transfer.dealer, transfer.place))

    assert score(unexplained) - score(week) > 3


def test_a_trade_without_diversion_is_left_in_peace() -> None:
    quiet = network(11, diversions=0)
    assert len(score_week(gather(quiet.dataset), WEEKS - 1).findings()) <= 1


def test_a_score_is_exactly_the_sum_of_the_terms_shown(one_scored: Case) -> None:
    _, week = one_scored
    scores = {(c.dealer, c.place): c.score for c in week.candidates()}
    for finding in week.findings():
        for place in finding.places:
            assert sum(t.hundredths for t in place.terms) == place.hundredths
            assert place.score == scores[finding.dealer, place.place]


def test_as_many_travellers_as_stated_make_the_alert_vanish(one_scored: Case) -> None:
    _, week = one_scored
    finding = week.findings()[0]
    top = finding.places[0]
    assert top.travellers is not None
    assert 1 <= top.travellers <= top.seen


def test_the_same_inputs_give_the_same_scores_bit_for_bit(one_scored: Case) -> None:
    made, week = one_scored
    again = score_week(gather(made.dataset), WEEKS - 1)
    assert np.array_equal(again.totals, week.totals)
    assert again.candidates() == week.candidates()


def test_what_comes_later_does_not_change_an_earlier_week(one_scored: Case) -> None:
    made, _ = one_scored
    until = made.dataset.monday(7)
    known_then = replace(
        made.dataset,
        weeks=7,
        scans=tuple(s for s in made.dataset.scans if s.scanned_on < until),
        prices=tuple(p for p in made.dataset.prices if p.week < 7),
    )
    assert score_week(gather(known_then), 6).candidates() == score_week(gather(made.dataset), 6).candidates()

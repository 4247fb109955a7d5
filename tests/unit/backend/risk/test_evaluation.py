"""The measures of the benchmark."""

import numpy as np
import pytest

from backend.risk.evaluation import Episode, attribution, average_precision, evaluate, open_cases
from backend.risk.rules import Candidate

EPISODE = Episode("A", frozenset({"1"}), first_shipment_week=2, first_arrival_week=3, last_arrival_week=5)


def test_a_perfect_ranking_has_area_one() -> None:
    assert average_precision(np.array([True, True, False]), np.array([3.0, 2.0, 1.0])) == 1.0


def test_ties_share_one_threshold() -> None:
    assert average_precision(np.array([True, False]), np.array([1.0, 1.0])) == 0.5


def test_goods_linger_three_weeks_after_the_last_arrival() -> None:
    assert EPISODE.around("1", 8)
    assert not EPISODE.around("1", 9)
    assert not EPISODE.around("2", 4)


def test_a_dealer_gets_one_case_in_eight_weeks() -> None:
    weekly = [Candidate(week, "A", "1", 1.0) for week in range(9)]
    assert [case.week for case in open_cases(weekly, 5)] == [0, 8]


def test_the_budget_takes_the_highest_scores() -> None:
    candidates = [Candidate(0, name, "1", score) for name, score in (("A", 1.0), ("B", 3.0), ("C", 2.0))]
    assert [case.dealer for case in open_cases(candidates, 2)] == ["B", "C"]


def test_attribution_asks_who_scores_highest_where_the_goods_are() -> None:
    candidates = [Candidate(3, "A", "1", 2.0), Candidate(3, "B", "1", 1.0), Candidate(4, "B", "1", 5.0)]
    assert attribution(candidates, [EPISODE]) == 0.5


def test_days_count_from_the_first_shipment_to_the_end_of_the_week_of_the_alert() -> None:
    figures = evaluate([Candidate(4, "A", "1", 9.0)], [EPISODE], dealers=10, weeks=range(0, 10))
    assert figures["median_days_at_5"] == 21.0
    assert figures["recall_at_5"] == pytest.approx(1.0)
    assert figures["precision_at_5"] == pytest.approx(1.0)

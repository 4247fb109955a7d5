"""The engine on the published diversion sample: it must not fall behind what it has reached."""

from pathlib import Path

import pytest

from backend.risk import evaluation, folder, scoring
from backend.risk.features.evidence import gather


@pytest.mark.external
@pytest.mark.slow
def test_the_published_sample_is_ranked_as_well_as_before(shared_data: Path) -> None:
    sample = shared_data / "diversion-sample"
    dataset, truth = folder.read(sample), folder.read_truth(sample)
    assert truth is not None
    weeks = range(dataset.warm_up_weeks, dataset.weeks)
    candidates = scoring.score_all(gather(dataset), weeks)
    figures = evaluation.evaluate(candidates, truth, len(dataset.dealers), weeks)
    assert figures["pr_auc"] > 0.42
    assert figures["recall_at_5"] > 0.78
    assert figures["attribution"] > 0.58

"""The status on the screen, whatever a node or a job says."""

from dataclasses import replace

import pytest

from backend.cli import status
from backend.operations.rules import Node, findings_of
from tests.unit.backend.operations.test_rules import HOURLY, WELL, job


@pytest.mark.parametrize(
    "said", ["limit reached [/red] sorry", "[/]", "[/docs]", "[link=https://x.example]here[/link]"]
)
def test_what_a_node_says_stands_as_it_is(capsys: pytest.CaptureFixture[str], said: str) -> None:
    figures = replace(WELL, node=Node(None, trouble=said), jobs=[job(trouble=said)])
    status._show(figures, findings_of(figures, HOURLY))
    assert capsys.readouterr().out.count(said) >= 2

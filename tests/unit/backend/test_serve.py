"""The web server's own words: a line for people, or one as all others where machines read them."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from backend.cli.serve import announce
from backend.settings import Log, Settings
from ledger_indexer import log_lines


@pytest.fixture
def restored_logging() -> Iterator[None]:
    root = logging.getLogger()
    before = (root.level, root.handlers[:])
    yield
    root.setLevel(before[0])
    root.handlers[:] = before[1]


def test_the_first_line_is_json_where_all_are(capsys: pytest.CaptureFixture[str], restored_logging: None) -> None:
    stream = io.StringIO()
    log_lines.set_up("json", (), stream)
    announce(Settings(log=Log(format="json")), "Jiulian answers at http://127.0.0.1:8000")
    (line,) = stream.getvalue().splitlines()
    assert capsys.readouterr().err == ""
    assert json.loads(line)["message"] == "Jiulian answers at http://127.0.0.1:8000"

"""A company finds its own receipts, shipments and returns, also when it holds nothing."""

from pathlib import Path

import pytest
from sqlalchemy.orm import Session, sessionmaker

from backend.db.engine import transaction
from tests.builders import DEALER, OTHER_DEALER
from tests.integration.test_given_back_pages import read, returned, web

__all__ = ["web"]
pytestmark = pytest.mark.integration


@pytest.mark.parametrize(("language", "waits"), [("zh-CN", "1 笔退回等本单位确认"), ("en", "1 return waits")])
def test_who_must_answer_is_told_where_he_works(
    web: object, sessions: sessionmaker[Session], tmp_path: Path, language: str, waits: str
) -> None:
    with transaction(sessions) as session:
        returned(session)
    for who, gln in (("sender", DEALER), ("addressee", OTHER_DEALER)):
        page = read(web, who, "/stock", language)  # type: ignore[arg-type]
        assert f'href="/stock/{gln}"' in page
        assert (waits in page) is (who == "sender")

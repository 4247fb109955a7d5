"""What a database is asked: how many statements, and how many rows they gave."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session, sessionmaker


@dataclass
class Asked:
    """Statements in their order, each with the rows it gave."""

    statements: list[tuple[str, int]] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return sum(rows for _, rows in self.statements)

    def __len__(self) -> int:
        return len(self.statements)


@contextmanager
def counting(sessions: sessionmaker[Session]) -> Iterator[Asked]:
    """Everything that the sessions' database is asked meanwhile."""
    engine, asked = sessions.kw["bind"], Asked()
    assert isinstance(engine, Engine)

    def note(_: Any, cursor: Any, statement: str, *__: Any) -> None:
        asked.statements.append((statement, max(cursor.rowcount, 0)))

    event.listen(engine, "after_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "after_cursor_execute", note)

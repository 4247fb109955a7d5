"""What others may read of a capability's tables: named columns, and nothing else. Only the owner writes.

A store imports its own tables from `backend.db.tables` and everybody else's from here; SQL in strings names its own
tables, and everybody else's as `as_text` of what is here (`tests/architecture` checks both).
What is listed here is a promise to others.
"""

from sqlalchemy import Subquery


def as_text(view: Subquery) -> str:
    """A read-view for SQL text, in parentheses: it goes where a table's name would, with an alias behind it."""
    return f"({view.element})"

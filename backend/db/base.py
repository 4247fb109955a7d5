"""The product's metadata. One PostgreSQL; the mirror keeps its own metadata in its own schema."""

from datetime import datetime

from sqlalchemy import DDL, DateTime, MetaData, Table, event
from sqlalchemy.types import TypeEngine

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

Moment: TypeEngine[datetime] = DateTime(timezone=True)
"""Column type of every time; always with zone."""

Json = dict[str, object]

_APPEND_ONLY = "append_only"


def append_only(table: Table) -> None:
    """Let PostgreSQL itself refuse to update or delete rows of a table."""
    table.info[_APPEND_ONLY] = True
    function = DDL(  # type: ignore[no-untyped-call]
        "create or replace function append_only() returns trigger language plpgsql as $$ begin "
        "raise exception '%% is append-only', tg_table_name; end $$"
    )
    trigger = DDL(  # type: ignore[no-untyped-call]
        f"create trigger {table.name}_append_only before update or delete on {table.name} "
        "for each row execute function append_only()"
    )
    event.listen(table, "after_create", function)
    event.listen(table, "after_create", trigger)


def is_append_only(table: Table) -> bool:
    """Whether `append_only` was said of a table."""
    return _APPEND_ONLY in table.info

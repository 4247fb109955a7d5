"""Everything the product starts with: its own tables, then the mirror's; frozen as SQL beside this file."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_SQL = Path(__file__).with_suffix(".sql")


def _run(sql: str) -> None:
    # Straight to the driver: many statements at once, and a per cent sign that means itself.
    cursor = op.get_bind().connection.cursor()
    cursor.execute(sql)
    cursor.close()


def upgrade() -> None:
    """Create all tables."""
    _run(_SQL.read_text())


def downgrade() -> None:
    """Drop all tables but Alembic's own."""
    _run("drop schema mirror cascade; create schema mirror")
    _run(
        """
        do $$ declare name text; begin
          for name in
            select tablename from pg_tables where schemaname = 'public' and tablename <> 'alembic_version'
          loop
            execute format('drop table %I cascade', name);
          end loop;
          drop function if exists append_only cascade;
        end $$
        """
    )

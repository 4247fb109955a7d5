"""How the worker's jobs fare, and an index over what is under way, so that it is counted in no time."""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One row a job; the index leaves out final evidence, which is nearly all there is."""
    op.execute(
        """
        create table job_run (
            name varchar not null,
            runs bigint not null,
            failures bigint not null,
            last_at timestamp with time zone not null,
            last_ms integer not null,
            busy boolean not null,
            trouble varchar,
            told_at timestamp with time zone not null,
            constraint pk_job_run primary key (name)
        )
        """
    )
    for column, comment in (
        ("runs", "turns taken, by all workers so far"),
        ("failures", "turns that ended in an error"),
        ("last_at", "when the last turn began"),
        ("last_ms", "how long it took"),
        ("busy", "whether it found something to do; else the job rests"),
        ("trouble", "what the job waits for, in a sentence"),
        ("told_at", "when the worker wrote this down"),
    ):
        op.execute(f"comment on column job_run.{column} is '{comment}'")
    op.execute("create index ix_anchor_not_final on anchor (state, queued_at) where state <> 'final'")


def downgrade() -> None:
    """Nobody else reads it."""
    op.execute("drop index ix_anchor_not_final")
    op.execute("drop table job_run")

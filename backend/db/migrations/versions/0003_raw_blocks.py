"""The mirror keeps raw logs by block: a row a block is a third of the work that a row a log is."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Gather what is there; nothing is fetched again."""
    op.execute(
        """
        create table mirror.raw_block (
            block_number bigint not null primary key,
            log_index integer[] not null,
            tx_index integer[] not null,
            tx_hash bytea[] not null,
            address bytea[] not null,
            topics bytea[] not null,
            data bytea[] not null
        )
        """
    )
    op.execute(
        "comment on table mirror.raw_block is 'the logs of a block as the chain has them, kept for ever:"
        " the n-th of each column belong together'"
    )
    op.execute(
        "comment on column mirror.raw_block.topics is 'of each log all topics, one after the other, 32 bytes each'"
    )
    for column in ("topics", "data"):
        op.execute(f"alter table mirror.raw_block alter column {column} set storage external")
    names = ("log_index", "tx_index", "tx_hash", "address", "topics", "data")
    gathered = ", ".join(f"array_agg({name} order by log_index)" for name in names)
    op.execute(f"insert into mirror.raw_block select block_number, {gathered} from mirror.raw_log group by 1")  # noqa: S608
    op.execute("drop table mirror.raw_log")
    op.execute(
        "create view mirror.raw_log as select block_number, l.* from mirror.raw_block,"
        " unnest(log_index, tx_hash, tx_index, address, topics, data)"
        " as l (log_index, tx_hash, tx_index, address, topics, data)"
    )


def downgrade() -> None:
    """A row a log again."""
    op.execute("drop view mirror.raw_log")
    op.execute(
        """
        create table mirror.raw_log (
            block_number bigint not null,
            log_index integer not null,
            tx_hash bytea not null,
            tx_index integer not null,
            address bytea not null,
            topics bytea not null,
            data bytea not null,
            primary key (block_number, log_index)
        )
        """
    )
    op.execute("comment on column mirror.raw_log.topics is 'all topics, one after the other, 32 bytes each'")
    op.execute(
        "insert into mirror.raw_log select block_number, l.* from mirror.raw_block,"
        " unnest(log_index, tx_hash, tx_index, address, topics, data) as l"
    )
    op.execute("drop table mirror.raw_block")

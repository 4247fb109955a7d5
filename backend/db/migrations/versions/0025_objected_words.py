"""An objection goes by the words it speaks against: so many bottles of each, and it ends with them."""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A table of them, from the one word that each objection had.

    An objection to several words at once had the last of them only: `jiulian units rebuild` reads it anew.
    """
    op.execute(
        """
        create table objection (
            evidence bytea not null,
            word bytea not null,
            quantity bigint not null,
            constraint pk_objection primary key (evidence, word),
            constraint ck_objection_quantity check (quantity > 0)
        )
        """
    )
    op.execute("create index ix_objection_word on objection (word)")
    for column, comment in (
        ("evidence", "of the proof of delivery that objects"),
        ("word", "the addressee''s return or write-off that it objects to"),
        ("quantity", "bottles of it that have not come back"),
    ):
        op.execute(f"comment on column objection.{column} is '{comment}'")
    op.execute(
        "insert into objection (evidence, word, quantity) select evidence, against, quantity from delivery"
        " where against is not null and quantity > 0"
    )
    op.execute(
        "create trigger objection_append_only before update or delete on objection "
        "for each row execute function append_only()"
    )
    op.execute("alter table delivery drop column against")


def downgrade() -> None:
    """One word an objection again, the last."""
    op.execute("alter table delivery add column against bytea")
    op.execute("comment on column delivery.against is 'the addressee''s return or write-off that it objects to'")
    op.execute("alter table delivery disable trigger user")
    op.execute(
        "update delivery d set against ="
        " (select o.word from objection o where o.evidence = d.evidence order by o.word desc limit 1)"
    )
    op.execute("alter table delivery enable trigger user")
    op.execute("drop table objection")

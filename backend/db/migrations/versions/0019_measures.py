"""A batch keeps the measure in which it was born."""

from alembic import op

revision = "0019"
down_revision = "0020"
branch_labels = None
depends_on = None
_BEARING = "(1, 2, 3, 5, 6)"


def upgrade() -> None:
    """The measure of each batch, as the event of its birth says it."""
    op.execute("alter table batch_account add column uom varchar(3)")
    op.execute("comment on column batch_account.uom is 'measure of its birth, KGM or LTR; null: bottles'")
    # Of the youngest birth that was not declared an error. A harvest says its quantity in another list than the rest.
    op.execute(
        f"""
        update batch_account b set uom = born.uom from (
            select distinct on (m.gtin, m.batch) m.gtin, m.batch,
                e.body -> case m.step when 1 then 'quantityList' else 'outputQuantityList' end -> 0 ->> 'uom' as uom
            from movement m join (select evidence, convert_from(body, 'UTF8')::json as body from capture) e
                on e.evidence = m.evidence
            where m.line = 0 and m.step in {_BEARING}
                and not exists (select from correction c where c.voided = m.evidence)
            order by m.gtin, m.batch, m.number desc
        ) born where born.gtin = b.gtin and born.batch = b.batch
        """  # noqa: S608
    )


def downgrade() -> None:
    """Forget the measures."""
    op.execute("alter table batch_account drop column uom")

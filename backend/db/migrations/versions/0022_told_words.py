"""Documents of others: owners and shipments as told, which events name what, and what is declared an error."""

from alembic import op

revision = "0022"
down_revision = "0017"
branch_labels = None
depends_on = None

_APPEND_ONLY = ("told_name", "told_error", "withdrawn_finding")


def upgrade() -> None:
    """What was gone was sold or destroyed; which, nobody kept."""
    op.execute("alter table told_unit add column owner varchar(300)")
    op.execute("comment on column told_unit.owner is 'GLN of the owning party, or its URI'")
    op.execute("alter table told_unit add column loose boolean not null default false")
    op.execute("comment on column told_unit.loose is 'shipped by itself since it was packed'")
    op.execute("update told_unit set state = 'sold' where state = 'gone'")
    op.execute(
        "create table told_name (party varchar(13) not null, name varchar(320) not null, evidence bytea not null, "
        "constraint pk_told_name primary key (party, name, evidence))"
    )
    op.execute("comment on column told_name.name is 'a thing, or `document ` and the id of one'")
    op.execute("create index ix_told_name_party_evidence on told_name (party, evidence)")
    op.execute(
        "create table told_shipment (party varchar(13) not null, evidence bytea not null, sender varchar(300), "
        "receiver varchar(300), documents varchar[] not null, untold boolean not null, "
        "constraint pk_told_shipment primary key (party, evidence))"
    )
    op.execute("comment on column told_shipment.untold is 'a case in it has contents that were never told of'")
    op.execute(
        "create table told_error (party varchar(13) not null, voided bytea not null, declaration bytea not null, "
        "constraint pk_told_error primary key (party, voided))"
    )
    op.execute("comment on column told_error.voided is 'evidence of the event that its teller declared an error'")
    op.execute(
        "create table withdrawn_finding (finding bigint not null, declaration bytea not null, "
        "constraint pk_withdrawn_finding primary key (finding), "
        "constraint fk_withdrawn_finding_finding_unit_finding foreign key(finding) references unit_finding (id))"
    )
    op.execute(
        "comment on column withdrawn_finding.declaration is 'evidence of the declaration that makes it hold no longer'"
    )
    for table in _APPEND_ONLY:
        op.execute(
            f"create trigger {table}_append_only before update or delete on {table} "
            "for each row execute function append_only()"
        )


def downgrade() -> None:
    """Forget owners, shipments and errors as told."""
    for table in ("withdrawn_finding", "told_error", "told_shipment", "told_name"):
        op.execute(f"drop table {table}")
    op.execute("update told_unit set state = 'gone' where state in ('sold', 'destroyed', 'retired')")
    op.execute("update told_unit set state = 'here' where state = 'arrived'")
    for column in ("loose", "owner"):
        op.execute(f"alter table told_unit drop column {column}")

"""Documents of others with owners, shipments, errors; and eventIDs that are UUIDs compare without case."""

from alembic import op

revision = "0022"
down_revision = "0018"
branch_labels = None
depends_on = None

_APPEND_ONLY = ("told_name", "told_error", "withdrawn_finding")


_UUID = "^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


def _small_letters() -> None:
    """Of two events whose eventIDs differ in case alone both stay as they are: each was taken as one of its own."""
    op.execute("comment on column capture.event_id is 'eventID by its key: a UUID in small letters'")
    op.execute("alter table capture disable trigger user")
    op.execute(
        "update capture c set event_id = lower(event_id) "  # noqa: S608
        f"where event_id ~* '{_UUID}' and event_id <> lower(event_id) "
        "and not exists (select from capture o where o.party = c.party and o.seq <> c.seq and o.voids is null "
        "and c.voids is null and lower(o.event_id) = lower(c.event_id))"
    )
    op.execute("alter table capture enable trigger user")


def upgrade() -> None:
    """What was gone was sold or destroyed; which, nobody kept."""
    _small_letters()
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
        "create table withdrawn_finding (evidence bytea not null, line smallint not null, declaration bytea not null, "
        "constraint pk_withdrawn_finding primary key (evidence, line))"
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
    op.execute("comment on column capture.event_id is 'eventID, as its signer gave it'")
    for table in ("withdrawn_finding", "told_error", "told_shipment", "told_name"):
        op.execute(f"drop table {table}")
    op.execute("update told_unit set state = 'gone' where state in ('sold', 'destroyed', 'retired')")
    op.execute("update told_unit set state = 'here' where state = 'arrived'")
    for column in ("loose", "owner"):
        op.execute(f"alter table told_unit drop column {column}")

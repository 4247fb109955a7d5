"""Written by backend.units: which bottle and which case is whose, and every step that made it so."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSONB

from backend.db.base import Moment, append_only, metadata

# What lies in a case goes where the case goes: its own row keeps the place it was packed at, and its parent's counts.
unit_custody = Table(
    "unit_custody",
    metadata,
    Column("unit", String(120), primary_key=True, comment="canonical Digital Link of the bottle or case"),
    Column("gtin", String(14), nullable=True, comment="of a case: of all that is in it; null when mixed or empty"),
    Column("batch", String(20), nullable=True),
    Column("bottles", Integer, nullable=False, comment="under it, itself included"),
    Column("parent", ForeignKey("unit_custody.unit"), nullable=True),
    Column("holder", String(13), nullable=False, comment="GLN of who answers for it; on the way, the sender"),
    Column("state", String(10), nullable=False),
    Column("consignment", BYTEA, nullable=True, comment="evidence of the shipment it is in"),
    Column("recalled", BYTEA, nullable=True, comment="evidence of the recall that stops it"),
    Column("evidence", BYTEA, nullable=False, comment="of the last step that named it"),
    Column("at", Moment, nullable=False, comment="event time of that step"),
    Column("latest", Moment, nullable=False, comment="latest event time told of it or of what came into it or left it"),
    Column("latest_by", BYTEA, nullable=False, comment="evidence of that"),
    CheckConstraint("state in ('held', 'in_transit', 'sold', 'lost', 'consumed', 'void')", name="state_known"),
    CheckConstraint("(state = 'in_transit') = (consignment is not null)", name="on_the_way_in_a_consignment"),
    CheckConstraint("bottles >= 0 and parent <> unit", name="sensible"),
)
Index("ix_unit_custody_parent", unit_custody.c.parent)
Index(
    "ix_unit_custody_consignment",
    unit_custody.c.consignment,
    postgresql_where=text("consignment is not null"),
)
Index("ix_unit_custody_gtin_batch_holder", unit_custody.c.gtin, unit_custody.c.batch, unit_custody.c.holder)
Index("ix_unit_custody_recalled", unit_custody.c.recalled, postgresql_where=text("recalled is not null"))

unit_step = Table(
    "unit_step",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True, comment="the order of capture"),
    Column("unit", String(120), nullable=False),
    Column("evidence", BYTEA, nullable=False),
    Column("kind", String(12), nullable=False),
    Column("party", String(13), nullable=False, comment="GLN of who signed"),
    Column("parent", String(120), nullable=True, comment="this and what follows: as it stands after the step"),
    Column("bottles", Integer, nullable=False),
    Column("holder", String(13), nullable=False),
    Column("state", String(10), nullable=False),
    Column("consignment", BYTEA, nullable=True),
    Column("recalled", BYTEA, nullable=True),
    Column("at", Moment, nullable=False, comment="event time, a claim of who signed"),
    Column("taken_at", Moment, nullable=False, comment="when the capture was taken, by our clock"),
    Column("late", Boolean, nullable=False, comment="told more than a day after it happened"),
    Column("inside", Boolean, nullable=False, server_default="false", comment="only what lies in it changed"),
)
Index("ix_unit_step_unit_id", unit_step.c.unit, unit_step.c.id)
Index("ix_unit_step_evidence", unit_step.c.evidence)
append_only(unit_step)

# Shops with a till sell without naming bottles: so many of those they hold are sold, nobody knows which.
unnamed_sale = Table(
    "unnamed_sale",
    metadata,
    Column("gtin", String(14), primary_key=True),
    Column("batch", String(20), primary_key=True),
    Column("party", String(13), primary_key=True),
    Column("bottles", BigInteger, nullable=False),
    CheckConstraint("bottles >= 0", name="never_negative"),
)

unit_opening = Table(
    "unit_opening",
    metadata,
    Column("unit", String(120), primary_key=True),
    Column("opened_at", Moment, nullable=False),
)

unit_finding = Table(
    "unit_finding",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("evidence", BYTEA, nullable=False, comment="of the event that cannot be true"),
    Column("line", SmallInteger, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("unit", String(300), nullable=False),
    Column("against", BYTEA, nullable=True, comment="evidence of the event that speaks against it"),
    Column("party", String(13), nullable=False, comment="GLN of who told of it"),
    Column("details", JSONB, nullable=False),
    Column("found_at", Moment, nullable=False),
)
Index("ix_unit_finding_evidence_line", unit_finding.c.evidence, unit_finding.c.line, unique=True)
Index("ix_unit_finding_unit", unit_finding.c.unit)
append_only(unit_finding)

# What senders tell to have arrived: it moves nothing, and the addressee answers for it, marked as not signed by him.
delivery = Table(
    "delivery",
    metadata,
    Column("evidence", BYTEA, primary_key=True, comment="of the proof of delivery"),
    Column("consignment", BYTEA, nullable=False, comment="the shipment, or the return that is confirmed"),
    Column("sender", String(13), nullable=False),
    Column("addressee", String(13), nullable=False),
    Column("gtin", String(14), nullable=False),
    Column("batch", String(20), nullable=False),
    Column("quantity", BigInteger, nullable=False),
    Column("at", Moment, nullable=False, comment="of the arrival, by the word of who sent"),
    Column("taken_at", Moment, nullable=False, comment="when the capture was taken, by our clock"),
    Column("late", Boolean, nullable=False, comment="told more than a day after it happened"),
    Column("papers", ARRAY(String), nullable=False, server_default="{}", comment="transport documents that it names"),
)
Index("ix_delivery_consignment", delivery.c.consignment)
append_only(delivery)

objection = Table(
    "objection",
    metadata,
    Column("evidence", BYTEA, primary_key=True, comment="of the proof of delivery that objects"),
    Column("word", BYTEA, primary_key=True, comment="the addressee's return or write-off that it objects to"),
    Column("quantity", BigInteger, nullable=False, comment="bottles of it that have not come back"),
    CheckConstraint("quantity > 0", name="quantity"),
)
Index("ix_objection_word", objection.c.word)
append_only(objection)

delivered_unit = Table(
    "delivered_unit",
    metadata,
    Column("evidence", BYTEA, primary_key=True),
    Column("unit", String(120), primary_key=True, comment="named by the proof of delivery, or lying in what it names"),
)
Index("ix_delivered_unit_unit", delivered_unit.c.unit)
append_only(delivered_unit)

# What documents of others say of a thing: kept apart for each who tells, and moves nothing.
told_unit = Table(
    "told_unit",
    metadata,
    Column("party", String(13), primary_key=True, comment="GLN of who tells"),
    Column("unit", String(300), primary_key=True),
    Column("parent", String(300), nullable=True),
    Column("state", String(10), nullable=False),
    Column("consignment", BYTEA, nullable=True),
    Column("evidence", BYTEA, nullable=False),
    Column("at", Moment, nullable=False),
    Column("owner", String(300), nullable=True, comment="GLN of the owning party, or its URI"),
    Column("loose", Boolean, nullable=False, server_default="false", comment="shipped by itself since it was packed"),
)
Index("ix_told_unit_party_parent", told_unit.c.party, told_unit.c.parent)

# Which events of others name which things and documents: what must be read again when one is declared an error.
told_name = Table(
    "told_name",
    metadata,
    Column("party", String(13), primary_key=True),
    Column("name", String(320), primary_key=True, comment="a thing, or `document ` and the id of one"),
    Column("evidence", BYTEA, primary_key=True),
)
Index("ix_told_name_party_evidence", told_name.c.party, told_name.c.evidence)
append_only(told_name)

told_shipment = Table(
    "told_shipment",
    metadata,
    Column("party", String(13), primary_key=True),
    Column("evidence", BYTEA, primary_key=True),
    Column("sender", String(300), nullable=True),
    Column("receiver", String(300), nullable=True),
    Column("documents", ARRAY(String), nullable=False),
    Column("untold", Boolean, nullable=False, comment="a case in it has contents that were never told of"),
)

told_error = Table(
    "told_error",
    metadata,
    Column("party", String(13), primary_key=True),
    Column("voided", BYTEA, primary_key=True, comment="evidence of the event that its teller declared an error"),
    Column("declaration", BYTEA, nullable=False),
)
append_only(told_error)

withdrawn_finding = Table(
    "withdrawn_finding",
    metadata,
    Column("evidence", BYTEA, primary_key=True),
    Column("line", SmallInteger, primary_key=True),
    Column("declaration", BYTEA, nullable=False, comment="evidence of the declaration that makes it hold no longer"),
)
append_only(withdrawn_finding)

# A capture that was declared an error, and the declaration; both stay, and neither counts any more.
correction = Table(
    "correction",
    metadata,
    Column("voided", BYTEA, primary_key=True, comment="evidence of the capture that did not occur"),
    Column("declaration", BYTEA, nullable=False, unique=True),
    Column("party", String(13), nullable=False),
    Column("corrective", JSONB, nullable=False, comment="eventIDs that the declaration names in its place"),
    Column("at", Moment, nullable=False),
)
append_only(correction)

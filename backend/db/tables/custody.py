"""Written by backend.custody: who holds how much of which batch, and every movement that made it so."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Identity,
    Index,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA

from backend.db.base import Moment, append_only, metadata


def _amount(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default="0")


batch_account = Table(
    "batch_account",
    metadata,
    Column("gtin", String(14), primary_key=True),
    Column("batch", String(20), primary_key=True),
    _amount("born"),
    _amount("held"),
    _amount("in_transit"),
    _amount("sold"),
    _amount("lost"),
    _amount("consumed"),
    Column("units", BYTEA, nullable=True, comment="root of the batch's unit codes, once commissioned"),
    Column("recalled", Boolean, nullable=False, server_default="false"),
    Column("born_at", Moment, nullable=True, comment="event time of its birth"),
    Column("maker", String(13), nullable=True, comment="GLN of who bore it"),
    Column("uom", String(3), nullable=True, comment="measure of its birth, KGM or LTR; null: bottles"),
    Column("born_by", SmallInteger, nullable=True, comment="step of its birth"),
    CheckConstraint("born = held + in_transit + sold + lost + consumed", name="conserved"),
    CheckConstraint("least(born, held, in_transit, sold, lost, consumed) >= 0", name="never_negative"),
)

holding = Table(
    "holding",
    metadata,
    Column("gtin", String(14), primary_key=True),
    Column("batch", String(20), primary_key=True),
    Column("party", String(13), primary_key=True),
    Column("held", BigInteger, nullable=False),
    CheckConstraint("held >= 0", name="never_negative"),
)
Index("ix_holding_party", holding.c.party, postgresql_include=["gtin", "batch", "held"])

movement = Table(
    "movement",
    metadata,
    Column("evidence", BYTEA),
    Column("line", SmallInteger, comment="0 the batch of the capture; 1 and more its inputs, used up"),
    Column("step", SmallInteger, nullable=False),
    Column("gtin", String(14), nullable=False),
    Column("batch", String(20), nullable=False),
    Column("quantity", BigInteger, nullable=False),
    Column("party", String(13), nullable=False),
    Column("counterparty", String(13), nullable=True),
    Column("location", String(13), nullable=True),
    Column("ref", BYTEA, nullable=True),
    Column("at", Moment, nullable=False, comment="event time, a claim of who signed"),
    Column("number", BigInteger, Identity(), nullable=False, unique=True, comment="the order of capture"),
    Column("taken_at", Moment, nullable=False, comment="when the capture was taken, by our clock"),
    Column("late", Boolean, nullable=False, server_default="false", comment="told more than a day after it happened"),
    PrimaryKeyConstraint("evidence", "line"),
)
Index("ix_movement_gtin_batch_number", movement.c.gtin, movement.c.batch, movement.c.number)
Index("ix_movement_ref", movement.c.ref)
Index("ix_movement_party_at", movement.c.party, movement.c.at)
Index("ix_movement_step_at", movement.c.step, movement.c.at)
Index("ix_movement_party_number", movement.c.party, movement.c.number)
Index("ix_movement_returned_to", movement.c.counterparty, movement.c.number, postgresql_where=text("step = 11"))
append_only(movement)

consignment = Table(
    "consignment",
    metadata,
    Column("evidence", BYTEA, primary_key=True),
    Column("gtin", String(14), nullable=False),
    Column("batch", String(20), nullable=False),
    Column("sender", String(13), nullable=False, index=True),
    Column("addressee", String(13), nullable=False, index=True),
    Column("ref", BYTEA, nullable=True, comment="order or document the shipment names"),
    _amount("shipped"),
    _amount("received"),
    _amount("returned"),
    _amount("lost"),
    Column("shipped_at", Moment, nullable=False),
    CheckConstraint("received + returned + lost <= shipped", name="never_overdrawn"),
    CheckConstraint("least(shipped, received, returned, lost) >= 0", name="never_negative"),
)
Index("ix_consignment_gtin_batch", consignment.c.gtin, consignment.c.batch)
# What is open, went back or was lost; most of what was ever sent has been received whole.
_NOT_WHOLE = text("shipped > received")
_SENT = consignment.c.shipped_at
Index("ix_consignment_not_whole_sender", consignment.c.sender, _SENT, postgresql_where=_NOT_WHOLE)
Index("ix_consignment_not_whole_addressee", consignment.c.addressee, _SENT, postgresql_where=_NOT_WHOLE)

recall = Table(
    "recall",
    metadata,
    Column("evidence", BYTEA, primary_key=True),
    Column("gtin", String(14), nullable=False),
    Column("batch", String(20), nullable=False),
    Column("lifted", Boolean, nullable=False, comment="true: this evidence lifts the recall"),
    Column("party", String(13), nullable=False),
    Column("at", Moment, nullable=False),
    Column("seq", BigInteger, Identity(), nullable=False, unique=True, comment="the order in which they were taken"),
    Column("quantity", BigInteger, nullable=False, server_default="0"),
    Column("units", BYTEA, nullable=True, comment="units root; null: the whole batch"),
    Column("epcs", ARRAY(String), nullable=False, server_default="{}", comment="the units, where it names them"),
)
Index("ix_recall_gtin_batch", recall.c.gtin, recall.c.batch)
append_only(recall)

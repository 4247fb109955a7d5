"""Written by backend.anchoring: how far each evidence is on its way to the chain, and the tree of the evidence log."""

from sqlalchemy import BigInteger, Column, ForeignKey, Identity, Index, Integer, SmallInteger, String, Table, text
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSONB

from backend.db.base import Moment, append_only, metadata

intent = Table(
    "intent",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("kind", String, nullable=False, comment="enrol, record, head or sanction"),
    Column("key", String(collation="C"), nullable=False, index=True, comment="what it is about; alive at most once"),
    Column("relayer", BYTEA, nullable=False),
    Column("nonce", BigInteger, nullable=False),
    Column("batches", ARRAY(BYTEA), nullable=False, comment="of its captures; in no other lane before it is final"),
    Column("call", BYTEA, nullable=False, comment="20 bytes of the contract, then the call's data: to sign it again"),
    Column("gas", BigInteger, nullable=False),
    Column("raw", BYTEA, nullable=False, comment="the signed transaction as sent last"),
    Column("hashes", ARRAY(BYTEA), nullable=False, comment="of every version signed, the last one last"),
    Column("fee", BigInteger, nullable=False, comment="most wei per gas, of the version signed last"),
    Column("tip", BigInteger, nullable=False, comment="wei per gas to the block's maker, of the version signed last"),
    Column("state", String, nullable=False, comment="written, sent, anchored, final; reverted and lost are dead"),
    Column("seen_block", BigInteger, nullable=True, comment="where, or by when, the mirror saw it"),
    Column("written_at", Moment, nullable=False),
    Column("sent_at", Moment, nullable=True),
    Column("signed_at", Moment, nullable=False, comment="when the last version was signed"),
)
_ALIVE = text("state in ('written', 'sent', 'anchored', 'final')")
Index("uq_intent_relayer_nonce", intent.c.relayer, intent.c.nonce, unique=True)
Index("uq_intent_key_alive", intent.c.key, unique=True, postgresql_where=_ALIVE)
Index("ix_intent_open", intent.c.nonce, postgresql_where=text("state in ('written', 'sent', 'anchored')"))

anchor = Table(
    "anchor",
    metadata,
    Column("evidence", BYTEA, primary_key=True),
    Column("seq", BigInteger, Identity(), nullable=False, unique=True),
    Column("kind", String, nullable=False, comment="record (BatchLedger) or leaf (EvidenceLog)"),
    Column("state", String, nullable=False, comment="captured, bundled, anchored, final or refused"),
    Column("intent", BigInteger, ForeignKey("intent.id"), nullable=True, index=True),
    Column("refusal", JSONB, nullable=True, comment="the contract's reason, with its numbers"),
    Column("block_number", BigInteger, nullable=True),
    Column("tx_hash", BYTEA, nullable=True),
    Column("log_index", Integer, nullable=True),
    Column("reverts", SmallInteger, nullable=False, server_default="0", comment="transactions with it that reverted"),
    Column("queued_at", Moment, nullable=False, server_default=text("now()"), comment="by the database's clock"),
)
Index("ix_anchor_waiting", anchor.c.kind, anchor.c.seq, postgresql_where=text("state = 'captured'"))
Index("ix_anchor_not_final", anchor.c.state, anchor.c.queued_at, postgresql_where=text("state <> 'final'"))

leaf_record = Table(
    "leaf_record",
    metadata,
    Column("evidence", BYTEA, primary_key=True),
    Column("kind", String, nullable=False, comment="scan, price_report, decision, …"),
    Column("body", BYTEA, nullable=False, comment="canonical bytes (JCS) of the record"),
    Column("added_at", Moment, nullable=False),
)
append_only(leaf_record)

leaf = Table(
    "leaf",
    metadata,
    Column("index", BigInteger, primary_key=True, autoincrement=False),
    Column("evidence", BYTEA, nullable=False, unique=True),
)
append_only(leaf)

node = Table(
    "node",
    metadata,
    Column("level", SmallInteger, primary_key=True, autoincrement=False),
    Column("index", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", BYTEA, nullable=False),
)
append_only(node)

head = Table(
    "head",
    metadata,
    Column("intent", BigInteger, ForeignKey("intent.id"), primary_key=True, autoincrement=False),
    Column("size", BigInteger, nullable=False, index=True),
    Column("root", BYTEA, nullable=False),
)

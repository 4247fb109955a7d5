"""Written by backend.identity: parties, places, people, sessions, devices."""

from sqlalchemy import BigInteger, Boolean, Column, Double, ForeignKey, Identity, Index, String, Table, text
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSONB

from backend.db.base import Moment, metadata
from backend.db.tables.capture import append_only

party = Table(
    "party",
    metadata,
    Column("gln", String(13), primary_key=True),
    Column("name", String, nullable=False),
    Column("roles", ARRAY(String), nullable=False),
    Column("adcode", String(6), nullable=False),
    Column("supplier", String(13), ForeignKey("party.gln")),
    Column("standing", String, nullable=False, server_default="active"),
    Column("enrolled_at", Moment, nullable=False),
)
Index("ix_party_supplier", party.c.supplier)

location = Table(
    "location",
    metadata,
    Column("gln", String(13), primary_key=True),
    Column("party", ForeignKey("party.gln"), nullable=False, index=True),
    Column("name", String, nullable=False),
    Column("adcode", String(6), nullable=False),
    Column("lat", Double, nullable=False),
    Column("lon", Double, nullable=False),
)

user = Table(
    "app_user",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("name", String, nullable=False, unique=True),
    Column("password_hash", String, nullable=False),
    Column("roles", ARRAY(String), nullable=False),
    Column("party", ForeignKey("party.gln"), nullable=True),
    Column("active", Boolean, nullable=False, server_default="true"),
)

login_session = Table(
    "login_session",
    metadata,
    Column("token_hash", BYTEA, primary_key=True),
    Column("user", ForeignKey("app_user.id"), nullable=False),
    Column("expires_at", Moment, nullable=False),
)

device = Table(
    "device",
    metadata,
    Column("signer", BYTEA, primary_key=True),
    Column("party", ForeignKey("party.gln"), nullable=False, index=True),
    Column("label", String, nullable=False),
    Column("enrolled_at", Moment, nullable=False),
    Column("revoked_at", Moment, nullable=True),
    Column("way", String, nullable=False, comment="invitation, admission, proposal; witness: of a party without roles"),
    Column("waits", Boolean, nullable=False, comment="counts only when its notice has passed on chain"),
    Column("since", Moment, nullable=True, comment="when the notice ends, known when the chain shows the key"),
    Column("silenced_by", String, nullable=True, comment="brand or party; who the brand silenced may still stop keys"),
)

key_change = Table(
    "key_change",
    metadata,
    Column(
        "seq",
        BigInteger,
        primary_key=True,
        autoincrement=False,
        server_default=text("nextval('anchor_seq_seq')"),
        comment="one order with the captures of table anchor: nothing said after it reaches the chain before it",
    ),
    Column("key", String(collation="C"), nullable=False, unique=True, comment="of the intent that carries it"),
    Column("kind", String, nullable=False, comment="invite, redeem, admit, propose, revoke or standing"),
    Column("party", ForeignKey("party.gln"), nullable=False, index=True),
    Column("signer", BYTEA, nullable=True, comment="the device that joins or leaves"),
    Column("by", BYTEA, nullable=True, comment="the invitation's address or the device that says so; null: the brand"),
    Column("possession", BYTEA, nullable=True, comment="the joining device's signature"),
    Column("signature", BYTEA, nullable=True, comment="of who says so"),
    Column("standing", String, nullable=True),
    Column("person", String, nullable=True, comment="who asked at our desk, by log-in"),
    Column("at", Moment, nullable=False),
)
append_only(key_change)

key_attempt = Table(
    "key_attempt",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("party", String(13), nullable=False, index=True, comment="whose keys somebody tried to change"),
    Column("kind", String, nullable=False, comment="of the change that was asked for"),
    Column("reason", String, nullable=False, comment="name of the refusal"),
    Column("message", String, nullable=False),
    Column("details", JSONB, nullable=False),
    Column("person", String, nullable=True),
    Column("at", Moment, nullable=False),
)
append_only(key_attempt)
